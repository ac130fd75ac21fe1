// SPDX-License-Identifier: MIT

// What the heap holds at a moment, by a walk through its segments and its table. Threads go on
// meanwhile: the sums are as true as that allows.

internal import Pages

/// Bytes and blocks of the whole heap.
package struct HeapStatistics {
  /// Address space in segments and large blocks, and mapped for either.
  package var reserved = 0
  /// Bytes of it with a page frame; nil where the page tables can't be read.
  package var committed: Int?
  /// Bytes of blocks that the program has, of all sizes.
  package var live = 0
  /// Of these, in blocks with a mapping of their own.
  package var large = 0
  package var largeBlocks = 0
  /// Vacant slots and free ranges.
  package var vacant = 0
  package var segments = 0
}

extension Heap {
  /// What the process's heap holds now.
  ///
  /// - Complexity: O(segments + large blocks); with `committed` O(pages).
  package static func statistics(committed wantsCommitted: Bool) -> HeapStatistics {
    var sum = HeapStatistics()
    guard let heap = unsafe Heap.existing else { return sum }
    unsafe heap.pointee.lock.lock()
    var committed: Int? = wantsCommitted ? 0 : nil
    func look(_ start: UInt, _ size: Int) {
      if committed != nil {
        let found = unsafe heap.pointee.pageTables.committed(start, size, .count)
        committed = found == nil ? nil : committed.map { $0 &+ (found ?? 0) }
      }
    }
    var next = unsafe heap.pointee.newest
    while let segment = unsafe next {
      sum.segments &+= 1
      sum.reserved &+= Segment.size
      unsafe sum.vacant &+= segment.pointee.vacant.nonzeroBitCount &* Segment.slotSize
      for slot in 1..<Segment.slotCount { unsafe sum.live &+= live(segment.span(slot)) }
      unsafe look(segment.start, Segment.size)
      unsafe next = segment.pointee.nextOfAll
    }
    for index in unsafe 0..<heap.pointee.ranges.count {
      let range = unsafe heap.pointee.ranges[index]
      sum.reserved &+= Int(range.size)
      sum.vacant &+= Int(range.size)
      look(range.start, Int(range.size))
    }
    unsafe heap.pointee.lock.unlock()
    unsafe heap.pointee.blocks.forEach { start, size in
      sum.reserved &+= size
      sum.large &+= size
      sum.live &+= size
      sum.largeBlocks &+= 1
      look(start, size)
    }
    sum.committed = committed
    return sum
  }

  /// Bytes of a span's blocks that the program has.
  private static func live(_ span: SpanPointer) -> Int {
    let size = unsafe Int(span.pointee.blockSize)
    switch unsafe span.pointee.state {
    case .current, .available: return unsafe max(span.pointee.live, 0) &* size
    case .full: return unsafe Int(span.pointee.limit &- span.pointee.start)
    case .medium: return size
    case .vacant: return 0
    }
  }
}
