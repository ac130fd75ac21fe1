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
  /// Unused bytes above which a thread is worth its price.
  private static var worthwhile: Int { 1 << 20 }
  /// Bytes of dirty ranges that go at one tick in any case.
  private static var smallestStep: UInt { 4 << 20 }

  /// Bytes that wait to be given back. The lock is held.
  var unused: Int {
    unsafe pointee.dirtySlots &* Segment.slotSize
      &+ Int(pointee.ranges.dirtyBytes &+ pointee.ranges.zeroCommitted)
  }

  /// Waits until nobody purges, but not for ever: who purges may be below us, in a signal handler.
  private func waitForPurge() {
    for _ in 0..<10_000 {
      if unsafe !pointee.isPurging { return }
      unsafe pointee.lock.unlock()
      _ = Syscalls.pauseThread(microseconds: 100)
      unsafe pointee.lock.lock()
    }
  }

  /// Something has been freed, and so much is unused now: sees to it that it goes back some time.
  ///
  /// - Precondition: the lock is not held.
  func expectPurge(_ unused: Int) {
    if unsafe unused < Self.worthwhile { return }
    if unsafe !pointee.fork.isSettled { Heap.meetFork() }
    if unsafe pointee.settings.hasPurgeThread, unsafe !pointee.purger.isRefused {
      if unsafe !pointee.purger.isRunning { unsafe startPurger() }
    }
    if unsafe !pointee.purger.isRunning {
      let now = Syscalls.milliseconds
      if unsafe now &- pointee.lastTick.load(ordering: .relaxed) >= pointee.settings.purgeDelay {
        unsafe pointee.lastTick.store(now, ordering: .relaxed)
        unsafe _ = purge(all: false)
      }
    }
  }

  @inline(never)
  private func startPurger() {
    unsafe pointee.lock.lock()
    unsafe pointee.purger.start(self)
    unsafe pointee.lock.unlock()
  }

  /// A tick; with `all`, everything goes back that is unused now. Returns whether there is anything
  /// left for the next one.
  func purge(all: Bool) -> Bool {
    let before = Syscalls.errorNumber
    defer { Syscalls.errorNumber = before }
    unsafe pointee.lock.lock()
    if all { unsafe waitForPurge() }
    if unsafe pointee.isPurging {
      unsafe pointee.lock.unlock()
      return true
    }
    unsafe pointee.isPurging = true
    let waiting = unsafe unused
    unsafe pointee.lock.unlock()
    let all = unsafe all || Self.isScarce(waiting)
    unsafe visitParked()
    let areReturned = unsafe discardReturned(all: all)
    unsafe purgeSegments(all: all)
    unsafe purgeRanges(all: all)
    unsafe pointee.lock.lock()
    unsafe pointee.isPurging = false
    let isLeft = unsafe areReturned || pointee.dirtySlots > 0 || pointee.ranges.count > 0
    unsafe pointee.lock.unlock()
    return isLeft
  }

  /// Whether a cgroup or the machine has so little left that what is unused had better go at once.
  private static func isScarce(_ unused: Int) -> Bool {
    guard unused >= 8 << 20, let available = AvailableMemory.now() else { return false }
    return available.rawValue < 2 &* unused
  }

  /// Collects what others have freed into the heaps of ended threads.
  private func visitParked() {
    unsafe pointee.lock.lock()
    var first = unsafe pointee.parked
    unsafe pointee.parked = nil
    unsafe pointee.lock.unlock()
    while let thread = unsafe first {
      unsafe first = thread.pointee.nextParked
      unsafe thread.empty()
      unsafe pointee.lock.lock()
      unsafe thread.pointee.nextParked = pointee.parked
      unsafe pointee.parked = thread
      unsafe pointee.lock.unlock()
    }
  }

  private func purgeSegments(all: Bool) {
    unsafe pointee.lock.lock()
    var previous: SegmentPointer?
    var candidate = unsafe pointee.newest
    while let segment = unsafe candidate {
      let next = unsafe segment.pointee.nextOfAll
      let slots = unsafe all ? segment.pointee.dirty : segment.pointee.idle
      if slots != 0 { unsafe clean(segment, slots) }
      unsafe segment.pointee.idle = segment.pointee.dirty
      let isUnused =
        unsafe segment.pointee.vacant == Segment.allSlots
        && segment.pointee.dirty == 0
      // The newest stays, unless all is to go: the next block will need one.
      if isUnused, unsafe previous != nil || all {
        unsafe remove(segment, behind: previous)
      } else {
        unsafe previous = segment
      }
      unsafe candidate = next
    }
    unsafe pointee.lock.unlock()
  }

  /// Gives the pages of some vacant slots back. The lock is held, and let go of meanwhile: the slots
  /// are nobody's so long.
  func clean(_ segment: SegmentPointer, _ slots: UInt64) {
    unsafe segment.pointee.vacant &= ~slots
    unsafe segment.pointee.dirty &= ~slots
    unsafe segment.pointee.idle &= ~slots
    unsafe pointee.dirtySlots &-= slots.nonzeroBitCount
    if unsafe segment.pointee.vacant == 0 { unsafe pointee.unlist(segment) }
    unsafe pointee.beingCleaned = BeingCleaned(segment: segment, slots: slots)
    unsafe pointee.lock.unlock()
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
    unsafe pointee.lock.lock()
    unsafe pointee.beingCleaned = BeingCleaned()
    for slot in 1..<Segment.slotCount where (slots & ~refused) &>> UInt64(slot) & 1 != 0 {
      unsafe segment.span(slot).pointee.dirty = 0
    }
    unsafe segment.pointee.vacant |= slots
    unsafe segment.pointee.dirty |= refused
    unsafe pointee.dirtySlots &+= refused.nonzeroBitCount
    unsafe pointee.list(segment)
  }

  /// Unmaps a segment of which nothing is used. The lock is held.
  private func remove(_ segment: SegmentPointer, behind previous: SegmentPointer?) {
    if let previous = unsafe previous {
      unsafe previous.pointee.nextOfAll = segment.pointee.nextOfAll
    } else if unsafe pointee.newest == segment {
      unsafe pointee.newest = segment.pointee.nextOfAll
    } else {
      // Another was made while the lock was free.
      return
    }
    unsafe pointee.unlist(segment)
    unsafe pointee.segmentCount &-= 1
    let start = unsafe segment.start
    unsafe pointee.map.remove(start)
    Syscalls.unmapOwn(VirtualAddress(rawValue: start), size: ByteCount(Segment.size))
  }

  private func purgeRanges(all: Bool) {
    unsafe pointee.lock.lock()
    var room = UInt.max
    if !all {
      let half = unsafe pointee.ranges.idleDirtyBytes / 2 & ~UInt(Segment.slotSize &- 1)
      room = unsafe max(half, Self.smallestStep)
    }
    while let range = unsafe pointee.ranges.removeIdle(orAny: all, mostDirty: room) {
      if range.isDirty { room &-= range.size }
      unsafe pointee.lock.unlock()
      LargeBlock.unmap(range)
      unsafe pointee.lock.lock()
    }
    unsafe pointee.ranges.age()
    unsafe pointee.lock.unlock()
  }
}
