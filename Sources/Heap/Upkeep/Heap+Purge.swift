// SPDX-License-Identifier: MIT

// How memory that nobody uses goes back to the system. Giving a page back and faulting it in again
// costs forty times what clearing it costs: so nothing is given back at once, but what has been unused
// for a whole *tick* is, in long runs.
//
//     freed ──▶ dirty ──── tick ───▶ idle ──── tick ───▶ clean (slots), unmapped (ranges, segments)
//                 ▲                    │
//                 └───── used again ◀──┘
//
// Of the dirty ranges half goes at each tick: a program that is busy, but not with just these, would
// fault all of them in again.
//
// A tick comes each `purgeDelay` milliseconds: from a thread that is there only while something waits
// to be given back, or, where it is not wanted or can't be, from the threads that allocate and free.
//
// Parked heaps are visited, too: what other threads have freed into them is collected.

internal import Pages
internal import Reservations
internal import Synchronization
internal import System

extension UnsafeMutablePointer where Pointee == Heap {
  /// Bytes of dirty ranges that go at one tick in any case.
  private static var smallestStep: UInt { 4 << 20 }

  /// Sees to it that what is unused goes back some time.
  func purgeSoon(_ demand: PurgeDemand) {
    var isServed = demand.isServed
    if !isServed, !demand.isRefused, unsafe pointee.settings.hasPurgeThread {
      isServed = unsafe startPurger()
    }
    if isServed { return }
    let now = Syscalls.milliseconds
    if unsafe now &- pointee.lastTick.load(ordering: .relaxed) >= pointee.settings.purgeDelay {
      unsafe pointee.lastTick.store(now, ordering: .relaxed)
      unsafe _ = purge(all: false)
    }
  }

  @inline(never)
  private func startPurger() -> Bool {
    unsafe guarded.withLock { shared, _ in
      unsafe shared.purge.purger.start(self)
      return shared.purge.purger.isRunning
    }
  }

  /// Whether this thread is to purge now. With `all` it waits for another one that does, but not for ever: that
  /// one may be below us, in a signal handler.
  private func beginPurge(all: Bool) -> Bool {
    var patience = all ? 10_000 : 0
    while true {
      let isMine = unsafe guarded.withLock { shared, _ in
        if shared.purge.isPurging { return false }
        shared.purge.isPurging = true
        return true
      }
      if isMine || patience == 0 { return isMine }
      patience &-= 1
      _ = Syscalls.pauseThread(microseconds: 100)
    }
  }

  /// Whether a cgroup or the machine has so little left that what is unused had better go at once.
  private var isScarce: Bool {
    #if hasFeature(Embedded)
      let unused = unsafe guarded.withLock { shared, _ in shared.purgeDemand.unused }
      guard unused >= 8 << 20, let available = AvailableMemory.now() else { return false }
      return available.rawValue < 2 &* unused
    #else
      // The purge thread has no thread-local storage, which ordinary Swift's runtime needs for what reads files.
      return false
    #endif
  }

  /// A tick; with `all`, everything goes back that is unused now. Returns whether there is anything
  /// left for the next one.
  func purge(all: Bool) -> Bool {
    let before = Syscalls.errorNumber
    defer { Syscalls.errorNumber = before }
    if unsafe !beginPurge(all: all) { return true }
    let all = unsafe all || isScarce
    unsafe visitParked()
    let areReturned = unsafe discardReturned(all: all)
    unsafe purgeSegments(all: all)
    unsafe purgeRanges(all: all)
    return unsafe guarded.withLock { shared, _ in
      shared.purge.isPurging = false
      return areReturned || shared.slots.dirtySlots > 0 || shared.large.ranges.count > 0
    }
  }

  /// Collects what others have freed into the heaps of ended threads.
  private func visitParked() {
    var first = unsafe guarded.withLock { shared, _ in unsafe shared.threads.takeParked() }
    while let thread = unsafe first {
      unsafe first = thread.pointee.nextParked
      unsafe thread.empty()
      unsafe guarded.withLock { shared, _ in unsafe shared.threads.park(thread) }
    }
  }

  private func purgeSegments(all: Bool) {
    var previous: SegmentPointer?
    var candidate = unsafe guarded.withLock { shared, _ in unsafe shared.slots.newest }
    while let segment = unsafe candidate {
      // Only this thread, which is purging, takes segments out: the next one stays the next one. The newest stays,
      // unless all is to go: the next block will need one.
      let mayGo = unsafe previous != nil || all
      let (next, slots, stays) = unsafe guarded.withLock { shared, _ in
        let next = unsafe segment.pointee.nextOfAll
        let slots = unsafe shared.slots.beginCleaning(segment, all: all)
        unsafe shared.purge.inHand = PurgedSlots(segment: segment, slots: slots)
        let stays = unsafe slots != 0 || shared.slots.age(segment, behind: previous, mayGo: mayGo)
        return unsafe (next, slots, stays)
      }
      var isLeft = stays
      if slots != 0 {
        let refused = unsafe Self.discard(slots, of: segment)
        isLeft = unsafe guarded.withLock { shared, _ in
          shared.purge.inHand = PurgedSlots()
          unsafe shared.slots.endCleaning(segment, slots, refused: refused)
          return unsafe shared.slots.age(segment, behind: previous, mayGo: mayGo)
        }
      }
      if isLeft { unsafe previous = segment }
      unsafe candidate = next
    }
  }

  /// Gives the pages of some slots back, which are nobody's; returns those of which the kernel has not.
  static func discard(_ slots: UInt64, of segment: SegmentPointer) -> UInt64 {
    var rest = slots
    var refused: UInt64 = 0
    while rest != 0 {
      let first = rest.trailingZeroBitCount
      let count = (~(rest &>> UInt64(first))).trailingZeroBitCount
      let run = Segment.mask(first, count)
      if unsafe !LargeBlock.discard(segment.address(first), count &* Segment.slotSize) {
        refused |= run
      }
      rest &= ~run
    }
    return refused
  }

  private func purgeRanges(all: Bool) {
    var room = unsafe guarded.withLock { shared, _ in
      if all { return UInt.max }
      let half = shared.large.ranges.idleDirtyBytes / 2 & ~UInt(Segment.slotSize &- 1)
      return unsafe max(half, Self.smallestStep)
    }
    while true {
      let range = unsafe guarded.withLock { shared, _ in
        let range = shared.large.ranges.removeIdle(orAny: all, mostDirty: room)
        if range == nil { shared.large.ranges.age() }
        return range
      }
      guard let range else { return }
      if range.isDirty { room &-= range.size }
      LargeBlock.unmap(range)
    }
  }
}

/// How the heap is purged.
struct PurgeState: ~Copyable {
  var purger = Purger()
  /// A thread is at it.
  var isPurging = false
  /// What it has in hand.
  var inHand = PurgedSlots()
  /// A thread is at a balance.
  var isBalancing = false
  /// What that one has in hand.
  var inBalance = PurgedSlots()
  /// Spans were returned at the last tick, and not before.
  var awaitsReturned = false
}
