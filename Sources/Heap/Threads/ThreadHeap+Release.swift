// SPDX-License-Identifier: MIT

// What is due when the last block of a span has come back, or the first one of a full span.

internal import Synchronization
internal import System

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Does what is due when a span's countdown has come to 0.
  @inline(never)
  func settle(_ span: SpanPointer) {
    if unsafe span.pointee.state == .full {
      let collected = unsafe Remote.collect(span)
      unsafe becameAvailable(span, freed: collected &+ 1)
    } else {
      unsafe becameEmpty(span)
    }
  }

  /// A full span has some free blocks again.
  func becameAvailable(_ span: SpanPointer, freed: Int) {
    unsafe span.becomeAvailable(freed: freed)
    unsafe addAvailable(span)
    if unsafe span.pointee.countdown == 0 { unsafe becameEmpty(span) }
  }

  /// No block of an available span is issued any more: its slots go back, unless another thread is
  /// about to tell of it.
  func becameEmpty(_ span: SpanPointer) {
    if unsafe span.pointee.awaitsNotice { return }
    if unsafe pointee.linkKey != 0, unsafe !removeGuard(span) { return }
    unsafe removeAvailable(span)
    unsafe giveBack(span)
  }

  func giveBack(_ span: SpanPointer) {
    let heap = unsafe pointee.heap
    let demand = unsafe heap.guarded.withLock { shared, _ in
      unsafe shared.slots.giveBack(span, dirtyUpTo: span.pointee.bump)
      return shared.purgeDemand
    }
    unsafe heap.expectPurge(demand)
  }
}
