// SPDX-License-Identifier: MIT

// A medium block, of more than 64 KiB, has a span for itself and no owner: it is taken and given back
// under the heap's lock. What can be used of it are whole pages, not whole slots, so that no more is
// cleared than was asked for.

internal import Pages
internal import System

enum MediumBlock {
  /// The largest one's size in bytes.
  static let largest = (256 << 10) - 1

  /// - Precondition: 0 ≤ size ≤ `largest`
  static func allocate(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt {
    let page = Syscalls.pageSize.bytes.rawValue
    let usable = (max(size, 1) &+ page &- 1) & ~(page &- 1)
    let count = (usable &+ Segment.slotSize &- 1) &>> Int(Segment.slotExponent)
    let (taken, isDue) = unsafe heap.guarded.withLock { shared, _ in
      let taken = unsafe shared.slots.takeSlots(count, heap.pointee.pageTables)
      return unsafe (taken, shared.isBalanceDue)
    }
    if isDue { unsafe heap.balanceSoon() }
    guard let span = unsafe taken else { return Heap.fail() }
    let start = unsafe span.pointee.start
    unsafe span.pointee.blockSize = UInt32(truncatingIfNeeded: usable)
    let cleared = Zeroing.clearDirty(start, usable)
    unsafe heap.pointee.counters.count(
      row: HeapCounters.mediumRow, requested: size, usable: usable, cleared: cleared)
    unsafe span.becomeMedium()
    return start
  }

  /// Returns false where no block begins there.
  static func release(
    _ block: UInt, _ span: SpanPointer, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let (isBlock, demand) = unsafe heap.guarded.withLock { shared, _ in
      let isBlock = unsafe span.pointee.state == .medium && span.pointee.start == block
      if isBlock {
        unsafe shared.slots.giveBack(span, dirtyUpTo: block &+ UInt(span.pointee.blockSize))
      }
      return (isBlock, shared.purgeDemand)
    }
    unsafe heap.expectPurge(demand)
    return isBlock
  }
}
