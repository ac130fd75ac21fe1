// SPDX-License-Identifier: MIT

// malloc. The quick path is a dozen instructions: the thread's heap, the span of the class, its first free block.
// Whatever is missing, the slow path finds, by the block's size:
//
//     up to 64 KiB ─▶ ThreadHeap.allocateCounted      below 256 KiB ─▶ MediumBlock      else ─▶ LargeBlock

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
