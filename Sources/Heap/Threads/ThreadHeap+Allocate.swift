// SPDX-License-Identifier: MIT

// How a thread gets a small block. The quick path is a dozen instructions: the thread's heap, the
// span of the class, its first free block. Whatever is missing, the slow path finds:
//
//     free list of the current span ─▶ blocks other threads freed into it ─▶ its never issued blocks
//         ─▶ available spans, after news of full ones ─▶ a new span

internal import Synchronization
internal import System

extension Heap {
  /// A block of `size` bytes that are zero, and so is all of it that can be used; 0, with errno set,
  /// where there is no memory.
  @inline(__always)
  package static func allocate(_ size: Int) -> UInt {
    if UInt(bitPattern: size) <= UInt(SizeClass.largestDirect),
      let thread = unsafe ThreadHeap.existing
    {
      let span = unsafe thread.pointee.direct[unchecked: (size &+ 15) &>> 4]
      let block = unsafe span.pointee.free
      if block != 0 {
        unsafe span.issueFree(next: BlockMemory.word(block))
        unsafe Syscalls.clear(block, Int(span.pointee.step))
        return block
      }
      let fresh = unsafe span.pointee.bump
      if unsafe fresh >= span.pointee.freshStart && fresh != span.pointee.limit {
        unsafe span.issueFresh(fresh)
        return fresh
      }
    }
    return allocateSlowly(size)
  }

  @inline(never)
  static func allocateSlowly(_ size: Int) -> UInt {
    guard size >= 0, let thread = unsafe ThreadHeap.mine else { return fail() }
    if unsafe thread.pointee.heap.pointee.settings.isHardened {
      return unsafe thread.pointee.heap.allocateHardened(size, alignment: 16)
    }
    if size <= SizeClass.largest {
      return unsafe thread.allocateCounted(SizeClass(holding: size), size)
    }
    if size <= MediumBlock.largest { return unsafe MediumBlock.allocate(size, thread.pointee.heap) }
    return unsafe LargeBlock.allocate(size, alignment: 1, thread.pointee.heap)
  }
}

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
    unsafe heap.pointee.lock.lock()
    let taken = unsafe heap.pointee.takeSlots(count)
    let isDue = unsafe heap.isBalanceDue
    unsafe heap.pointee.lock.unlock()
    if isDue { unsafe heap.balance() }
    guard let span = unsafe taken else { return nil }
    let blocks = unsafe pointee.linkKey == 0 ? sizeClass.blocksInSpan : setGuard(span, size)
    let limit = unsafe span.pointee.start &+ UInt(blocks &* size)
    unsafe span.begin(
      owner: UInt(bitPattern: self), sizeClass, blocks: blocks,
      freshStart: Zeroing.freshStart(span, limit: limit))
    return unsafe span
  }
}
