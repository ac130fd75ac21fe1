// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import Heap

@Suite struct SegmentTests {
  @Test func `a record fits its place, and the heap's threads find theirs`() {
    #expect(MemoryLayout<HeapSpan>.size <= HeapSpan.stride)
    #expect(MemoryLayout<Segment>.size <= HeapSpan.stride)
    #expect(HeapSpan.stride * Segment.slotCount <= Segment.slotSize)
  }

  /// Looked for bit by bit.
  private func naiveRun(of count: Int, in bits: UInt64) -> Int? {
    (0...(64 - count)).first { start in
      (start..<(start + count)).allSatisfy { bits >> UInt64($0) & 1 == 1 }
    }
  }

  @Test func `runs of vacant slots are found where a naive search finds them`() {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<20_000 {
      // From sparse to dense.
      var bits = UInt64.random(in: .min ... .max, using: &generator)
      if round % 3 == 1 { bits |= .random(in: .min ... .max, using: &generator) }
      if round % 3 == 2 { bits |= bits << 1 | bits << 2 | bits << 3 }
      let count = Int.random(in: 1...63, using: &generator)
      let expected = naiveRun(of: count, in: bits)
      guard Segment.run(of: count, in: bits) == expected else {
        Issue.record("\(count) in \(String(bits, radix: 2)): not \(expected ?? -1)")
        return
      }
    }
  }

  @Test func `a mask has its ones where it says`() {
    #expect(Segment.mask(0, 64) == ~0)
    #expect(Segment.mask(1, 63) == Segment.allSlots)
    #expect(Segment.mask(5, 3) == 0b1110_0000)
  }
}
