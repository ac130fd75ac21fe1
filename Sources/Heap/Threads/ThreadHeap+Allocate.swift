// SPDX-License-Identifier: MIT

// How a thread gets a small block that the quick path (Heap+Allocate.swift) does not have:
//
//     free list of the current span ─▶ blocks other threads freed into it ─▶ its never issued blocks
//         ─▶ available spans, after news of full ones ─▶ a new span

internal import Synchronization
internal import System

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// A block of a class: at once, if the current span has one at hand.
  @inline(__always)
  func allocateAtHand(_ sizeClass: SizeClass, _ size: Int, skipping skipped: Int) -> UInt {
    let span = unsafe pointee.current[unchecked: sizeClass.index]
    if unsafe pointee.isQuick, let block = unsafe take(from: span, skipping: skipped) {
      return block
    }
    return unsafe allocateCounted(sizeClass, size, skipping: skipped)
  }

  /// The slow path; also counts the block if statistics are on.
  func allocateCounted(_ sizeClass: SizeClass, _ size: Int, skipping skipped: Int = 0) -> UInt {
    let block = unsafe allocate(sizeClass, skipping: skipped)
    if unsafe !pointee.isQuick && block != 0 {
      unsafe pointee.heap.pointee.counters.count(
        row: sizeClass.index, requested: size, usable: sizeClass.blockSize,
        cleared: pointee.cleared)
    }
    return block
  }

  /// A block of a class, by the slow path.
  ///
  /// The first `skipped` bytes, a multiple of 16, may be left as they are: the caller overwrites them.
  func allocate(_ sizeClass: SizeClass, skipping skipped: Int = 0) -> UInt {
    var span = unsafe pointee.current[unchecked: sizeClass.index]
    while true {
      if let block = unsafe take(from: span, skipping: skipped) { return block }
      // Before the blocks that came each by itself: who frees sends no more parcels while many are
      // unopened, and an owner that lived on single ones would never open them.
      if unsafe takeParcels() { continue }
      if unsafe span.pointee.step != 0, unsafe !detach(span) { continue }
      unsafe takeNews()
      if let next = unsafe pointee.available[unchecked: sizeClass.index] {
        unsafe removeAvailable(next)
        unsafe next.becomeCurrent()
        unsafe span = next
      } else if let next = unsafe makeSpan(sizeClass) {
        unsafe span = next
      } else {
        unsafe setCurrent(sizeClass, emptySpan)
        return Heap.fail()
      }
      unsafe setCurrent(sizeClass, span)
    }
  }

  var emptySpan: SpanPointer {
    unsafe pointee.heap.pointee.emptySpan
  }

  /// A block that the current span has at hand.
  @inline(__always)
  private func take(from span: SpanPointer, skipping skipped: Int) -> UInt? {
    let size = unsafe Int(span.pointee.step)
    let free = unsafe span.pointee.free
    if free != 0 {
      if unsafe pointee.linkKey != 0 { return unsafe takeChecked(free, from: span) }
      unsafe span.issueFree(next: BlockMemory.word(free))
      if skipped < size { Syscalls.clear(free &+ UInt(skipped), size &- skipped) }
      unsafe pointee.cleared = size &- skipped
      return free
    }
    let bump = unsafe span.pointee.bump
    if unsafe bump == span.pointee.limit { return nil }
    unsafe span.issueFresh(bump)
    unsafe pointee.cleared =
      bump < span.pointee.freshStart ? Zeroing.clearDirty(bump, size) : 0
    return bump
  }

  /// Lets go of the current span, which has nothing left; returns false where it has again.
  private func detach(_ span: SpanPointer) -> Bool {
    while true {
      let collected = unsafe Remote.collect(span)
      if collected > 0 {
        unsafe _ = span.count(collected: collected)
        return false
      }
      if unsafe span.pointee.awaitsNotice || Remote.arm(span) {
        unsafe span.becomeFull()
        return true
      }
    }
  }

  /// A span with all blocks unissued.
  private func makeSpan(_ sizeClass: SizeClass) -> SpanPointer? {
    let size = sizeClass.blockSize
    let count = sizeClass.slotsInSpan
    let heap = unsafe pointee.heap
    let (taken, isDue) = unsafe heap.guarded.withLock { shared, _ in
      let taken = unsafe shared.slots.takeSlots(count, heap.pointee.pageTables)
      return unsafe (taken, shared.isBalanceDue)
    }
    if isDue { unsafe heap.balanceSoon() }
    guard let span = unsafe taken else { return nil }
    let blocks = unsafe pointee.linkKey == 0 ? sizeClass.blocksInSpan : setGuard(span, size)
    let limit = unsafe span.pointee.start &+ UInt(blocks &* size)
    unsafe span.begin(
      owner: UInt(bitPattern: self), sizeClass, blocks: blocks,
      freshStart: Zeroing.freshStart(span, limit: limit))
    return unsafe span
  }
}
