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
    unsafe heap.pointee.lock.lock()
    let taken = unsafe heap.pointee.takeSlots(count)
    let isDue = unsafe heap.isBalanceDue
    unsafe heap.pointee.lock.unlock()
    if isDue { unsafe heap.balance() }
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
    unsafe heap.pointee.lock.lock()
    let isBlock = unsafe span.pointee.state == .medium && span.pointee.start == block
    if isBlock {
      unsafe heap.pointee.giveBack(
        span, dirtyUpTo: block &+ UInt(span.pointee.blockSize))
    }
    let unused = unsafe heap.unused
    unsafe heap.pointee.lock.unlock()
    unsafe heap.expectPurge(unused)
    return isBlock
  }
}
