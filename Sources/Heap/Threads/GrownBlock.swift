// SPDX-License-Identifier: MIT

// What a block's tail holds when realloc changes its size in place, and when that need not be cleared.
//
// A small block's record doesn't say how much of it was asked for. So when its size changes in place,
// all behind the new size is cleared: who grows a block by small steps would pay for it at each step.
// Therefore a thread remembers the one block that it resized last. Of that one it knows how much the
// program has, and that the rest is zero:
//
//     ├── the program's ──┼── zero ──────────┤
//     start               size               usable
//
// So a block that grows within these bounds takes one look at this record, and none at its span's.
//
// The knowledge ends when the block is freed, by whichever thread. The quick path of `free` has no time
// to compare addresses; but a span whose owner's address has `watched` set is none that it knows, so
// the slow path is taken, which takes the mark away and forgets the block. What other threads free becomes
// the owner's again by `Remote.collect` or in a parcel, which do the same.
//
// A program may write behind what it asked for once malloc_usable_size has told it how far; then nothing
// is known of any tail, and from the first such question on all are cleared (`Heap.tellsUsableSizes`).
//
// Invariant: `start` is 0, or a block in a watched span of this thread's that has not been freed since;
// it is zero from `size` to `usable` unless the program has asked for usable sizes or has written where
// it must not.

internal import Synchronization

/// The block that a thread resized last.
struct GrownBlock: BitwiseCopyable {
  var start: UInt
  /// Bytes that were asked for.
  var size: UInt
  /// Bytes that there are.
  var usable: UInt

  static let none = GrownBlock(start: 0, size: 0, usable: 0)

  /// A tail that is not worth remembering.
  static let smallest: UInt = 64
}

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Whether a block is the one that is remembered, and has grown by what it has at hand; then it has.
  @inline(__always)
  func growsAtHand(_ block: UInt, _ size: UInt) -> Bool {
    guard unsafe pointee.grown.start == block, unsafe size >= pointee.grown.size,
      unsafe size <= pointee.grown.usable,
      unsafe !pointee.heap.pointee.tellsUsableSizes.load(ordering: .relaxed)
    else { return false }
    unsafe pointee.grown.size = size
    return true
  }

  /// Makes zero what is behind the new size of a block of a span of this thread's.
  @inline(__always)
  func resizeInPlace(_ block: UInt, _ size: UInt, _ usable: UInt, _ span: SpanPointer) {
    var end = usable
    if unsafe pointee.grown.start == block,
      unsafe !pointee.heap.pointee.tellsUsableSizes.load(ordering: .relaxed)
    {
      // Growth was found at hand before. Clearing goes up to the next boundary of 16: behind what the
      // program had it is zero already.
      end = unsafe (pointee.grown.size &+ 15) & ~15
    }
    Zeroing.clearTail(block &+ size, Int(bitPattern: end &- size))
    unsafe watch(block, size, usable, span)
  }

  /// Remembers a block that is zero from `size` on.
  @inline(__always)
  private func watch(_ block: UInt, _ size: UInt, _ usable: UInt, _ span: SpanPointer) {
    if usable &- size < GrownBlock.smallest, unsafe pointee.grown.start != block { return }
    unsafe pointee.grown = GrownBlock(start: block, size: size, usable: usable)
    unsafe span.pointee.owner = UInt(bitPattern: self) | HeapSpan.watched
  }

  /// The same, of a new block.
  func watch(_ block: UInt, _ size: Int) {
    if unsafe !pointee.isQuick { return }
    let span = unsafe SpanPointer(containing: block)
    unsafe watch(block, UInt(bitPattern: size), span.pointee.step, span)
  }

  /// Lets frees in a watched span of this heap's take the quick path again, and forgets the block if it
  /// lies there.
  func unwatch(_ span: SpanPointer) {
    unsafe span.pointee.owner = UInt(bitPattern: self)
    let start = unsafe span.pointee.start
    if unsafe pointee.grown.start &- start < span.pointee.limit &- start {
      unsafe pointee.grown = .none
    }
  }
}
