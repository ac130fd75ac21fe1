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
    sum.committed = wantsCommitted ? 0 : nil
    unsafe heap.guarded.withLock { shared, _ in unsafe sum.add(shared, heap.pointee.pageTables) }
    unsafe heap.pointee.blocks.visitAll { start, size in
      sum.large &+= size
      sum.live &+= size
      sum.largeBlocks &+= 1
      unsafe sum.add(start, size, heap.pointee.pageTables)
    }
    return sum
  }
}

extension HeapStatistics {
  /// Adds segments and free ranges.
  fileprivate mutating func add(
    _ shared: borrowing HeapShared, _ tables: borrowing PageTables
  ) {
    var next = unsafe shared.slots.newest
    while let segment = unsafe next {
      segments &+= 1
      unsafe vacant &+= segment.pointee.vacant.nonzeroBitCount &* Segment.slotSize
      for slot in 1..<Segment.slotCount { unsafe live &+= Self.live(segment.span(slot)) }
      unsafe add(segment.start, Segment.size, tables)
      unsafe next = segment.pointee.nextOfAll
    }
    for index in 0..<shared.large.ranges.count {
      let range = shared.large.ranges[index]
      vacant &+= Int(range.size)
      add(range.start, Int(range.size), tables)
    }
  }

  /// Adds mapped memory, and what is committed of it if that is wanted and can be told.
  fileprivate mutating func add(_ start: UInt, _ size: Int, _ tables: borrowing PageTables) {
    reserved &+= size
    guard let before = committed else { return }
    committed = tables.committed(start, size, .count).map { before &+ $0 }
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
