// SPDX-License-Identifier: MIT

// A program that changes from one kind of blocks to another, from small ones to large and back, leaves dirty
// memory of the one kind and commits fresh memory of the other. A tick comes too late for that. So for what
// is taken fresh, as much goes back of what is dirty and unused, of either kind: live blocks and unused memory
// together stay as they are.
//
//     taken fresh ≥ 1 MiB, unused > tolerated  ─▶  give back what was taken, down to what is tolerated
//
// What it costs is bounded by what committing the fresh memory costs. A program whose kinds of blocks
// don't change takes what is dirty, and comes by here at its beginning only.
//
// A purge may run at the same time: each takes slots from the pool, under the lock, before it discards them.

internal import Pages
internal import System

extension HeapShared {
  /// Unused bytes that a balance leaves alone: a thirty-second of what segments take, or 4 MiB.
  fileprivate var tolerated: Int { max(4 << 20, slots.segmentCount &* Segment.size / 32) }

  /// How many bytes a balance is to give back; 0 where another thread is at one, which leaves the rest to the next.
  fileprivate mutating func beginBalance() -> Int {
    if purge.isBalancing { return 0 }
    let due = min(freshlyTaken, purgeDemand.unused &- tolerated)
    slots.freshlyTaken = 0
    large.freshlyTaken = 0
    if due <= 0 { return 0 }
    purge.isBalancing = true
    return due
  }
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Gives back as much unused memory as was taken fresh.
  ///
  /// - Precondition: the lock is not held.
  func balance() {
    let before = Syscalls.errorNumber
    var due = unsafe guarded.withLock { shared, _ in shared.beginBalance() }
    if due == 0 { return }
    while due > 0 {
      let isOfSlots = unsafe guarded.withLock { shared, _ in
        UInt(shared.slots.dirtySlots &* Segment.slotSize) > shared.large.ranges.dirtyBytes
      }
      let given = unsafe isOfSlots ? giveBackSlots(due) : giveBackRange(due)
      if given == 0 { break }
      due &-= given
    }
    unsafe guarded.withLock { shared, _ in shared.purge.isBalancing = false }
    Syscalls.errorNumber = before
  }

  /// Cleans the dirty slots of one segment, or some of them; returns how many bytes those were.
  private func giveBackSlots(_ most: Int) -> Int {
    let limit = max(most / Segment.slotSize, 1)
    let (segment, slots) = unsafe guarded.withLock { shared, _ in
      guard let segment = unsafe shared.slots.firstDirty else {
        return unsafe (nil as SegmentPointer?, 0 as UInt64)
      }
      let slots = unsafe shared.slots.beginCleaning(segment, all: true, most: limit)
      unsafe shared.purge.inBalance = PurgedSlots(segment: segment, slots: slots)
      return unsafe (segment, slots)
    }
    guard let segment = unsafe segment else { return 0 }
    let refused = unsafe Self.discard(slots, of: segment)
    unsafe guarded.withLock { shared, _ in
      shared.purge.inBalance = PurgedSlots()
      unsafe shared.slots.endCleaning(segment, slots, refused: refused)
    }
    return (slots & ~refused).nonzeroBitCount &* Segment.slotSize
  }

  /// Unmaps a dirty range, or a part of one; returns its size.
  private func giveBackRange(_ most: Int) -> Int {
    let page = Heap.pageSize
    let room = UInt(bitPattern: max(most, page) & ~(page &- 1))
    let range = unsafe guarded.withLock { shared, _ in
      shared.large.ranges.removeDirty(most: room)
    }
    guard let range else { return 0 }
    LargeBlock.unmap(range)
    return Int(range.size)
  }
}
