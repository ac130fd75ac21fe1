// SPDX-License-Identifier: MIT

// How a block comes back. The quick path asks the map whether the address is inside a segment at all,
// finds the span's record by arithmetic, and puts the block on the free list if the span is the
// calling thread's.

internal import Pages
internal import Synchronization

extension Heap {
  /// Takes a block back for a function of this name.
  @inline(__always)
  package static func release(_ block: UInt, function: StaticString = "free") {
    guard let thread = unsafe ThreadHeap.existing, unsafe thread.pointee.map.contains(block) else {
      return releaseSlowly(block, function: function)
    }
    let span = unsafe SpanPointer(containing: block)
    guard unsafe span.pointee.owner == UInt(bitPattern: thread), block & 15 == 0 else {
      return releaseSlowly(block, function: function)
    }
    let head = unsafe span.pointee.free
    guard head != block else { return releaseSlowly(block, function: function) }
    if unsafe span.takeBack(block, link: head) { unsafe thread.settle(span) }
  }

  /// What is not the calling thread's, or is no small block.
  @inline(never)
  static func releaseSlowly(_ block: UInt, function: StaticString) {
    if block == 0 { return }
    guard let heap = unsafe Heap.existing else {
      MisuseMessage.abort(function: function, VirtualAddress(rawValue: block), .unknown)
    }
    if unsafe heap.pointee.settings.isHardened {
      return unsafe heap.releaseHardened(block, function: function)
    }
    guard unsafe heap.pointee.map.contains(block) else {
      return unsafe LargeBlock.release(block, heap, function: function)
    }
    let span = unsafe SpanPointer(containing: block)
    switch unsafe span.pointee.state {
    case .current, .available, .full:
      // A thread's own comes here if its span is watched, or if it is wrong: freed twice, misaligned.
      let owner = unsafe span.pointee.owner
      if let thread = unsafe ThreadHeap.existing,
        owner & ~HeapSpan.watched == UInt(bitPattern: thread)
      {
        if owner & HeapSpan.watched == 0 { break }
        unsafe thread.unwatch(span)
        return release(block, function: function)
      }
      // Another's, whose line of the record is not looked at.
      let offset = unsafe UInt32(truncatingIfNeeded: block &- span.pointee.start)
      guard unsafe offset % span.pointee.blockSize == 0 else { break }
      if let thread = unsafe ThreadHeap.packer {
        if unsafe thread.pointee.parcel.last == block { break }
        if unsafe thread.pack(block, span) { return }
      }
      if unsafe Remote.push(block, span) { return }
    case .medium:
      if unsafe MediumBlock.release(block, span, heap) { return }
    case .vacant: break
    }
    MisuseMessage.abort(
      function: function, VirtualAddress(rawValue: block), unsafe Heap.diagnose(block, span))
  }
}
