// SPDX-License-Identifier: MIT

import Testing

@testable import Heap

@Suite struct SizeClassTests {
  @Test func `every size has the smallest class that holds it`() {
    let sizes = (0..<SizeClass.count).map { SizeClass(index: $0).blockSize }
    #expect(sizes == sizes.sorted() && Set(sizes).count == SizeClass.count)
    #expect(sizes.first == 16 && sizes.last == SizeClass.largest)
    #expect(sizes.allSatisfy { $0 % 16 == 0 })
    for size in 0...SizeClass.largest {
      let expected = sizes.firstIndex { $0 >= size }
      guard SizeClass(holding: size).index == expected else {
        Issue.record(
          "\(size) bytes: class \(SizeClass(holding: size).index), not \(expected ?? -1)")
        return
      }
    }
  }

  @Test func `at most a fifth of a block is lost to rounding`() {
    for size in 129...SizeClass.largest {
      let block = SizeClass(holding: size).blockSize
      guard (block - size) * 5 <= block else {
        Issue.record("\(size) bytes get \(block)")
        return
      }
    }
  }

  @Test func `a class for an alignment has it in every block`() {
    for shift in 0...16 {
      let alignment = 1 << shift
      for size in stride(from: 0, through: SizeClass.largest, by: 37) {
        let sizeClass = SizeClass(holding: size, alignment: alignment)
        guard sizeClass.blockSize >= size, sizeClass.blockSize % alignment == 0 else {
          Issue.record("\(size) bytes at \(alignment): \(sizeClass.blockSize)")
          return
        }
      }
    }
  }

  @Test func `a span holds eight blocks at least, and wastes less than one`() {
    for index in 0..<SizeClass.count {
      let sizeClass = SizeClass(index: index)
      let bytes = sizeClass.slotsInSpan * Segment.slotSize
      #expect(sizeClass.blocksInSpan >= 8)
      #expect(bytes - sizeClass.blocksInSpan * sizeClass.blockSize < sizeClass.blockSize)
    }
  }
}
