// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import Tamalloc

/// Resetting against a model of single bytes, and what stays committed against smaps.
@Suite(.serialized) struct ResetTests {
  static let fills: [FillPattern] = [
    .zero, .byte(7), .pattern([1, 2, 3]), .repeating(1.0),
    .pattern((0..<1000).map { UInt8($0 % 251) }),
  ]

  @Test(arguments: fills, [1, 2] as [UInt64])
  func `everything reads as the fill, and what may stay committed does`(
    fill: FillPattern, seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let pages = 600
    var memory = try LazyMemory(size: ByteCount(pages * page), fill: fill)
    // A second implementation: an array of Swift's.
    let expected = (0..<pages * page).map { fill.byte(at: $0) }
    for round in 0..<8 {
      for _ in 0..<(1 << round) {
        let first = Int.random(in: 0..<pages, using: &generator)
        for index in first..<min(pages, first + Int.random(in: 1...20, using: &generator)) {
          memory[index * page + Int.random(in: 0..<page, using: &generator)] ^= 0xFF
        }
      }
      let before = try memory.smaps().anonymousBytes
      let limit = Int.random(in: 0...before + page, using: &generator)
      try memory.reset(keepingResident: ByteCount(limit))
      let after = try memory.smaps().anonymousBytes
      #expect(after == min(before, limit / page * page), "seed \(seed), round \(round)")
      let isFill = memory.withUnsafeBytes { bytes in
        expected.withUnsafeBytes { memcmp(bytes.baseAddress!, $0.baseAddress!, $0.count) == 0 }
      }
      #expect(isFill, "seed \(seed), round \(round)")
      let isSound = memory.checkInvariants()
      #expect(isSound)
    }
  }

  @Test func `without the page tables everything is given back`() throws {
    let reservation = try Reservation.reserve(
      size: .mebibytes(1), alignment: 1, fill: .byte(3), options: [])
    defer { reservation.release() }
    try reservation.prefault(0..<reservation.size)
    try reservation.reset(keepingResident: .mebibytes(1), pagemap: nil)
    #expect(try reservation.usage(of: 0..<reservation.size).committed == 0)
  }

  @Test func `a grown memory, and one with huge pages, are reset too`() throws {
    var grown = try LazyMemory(size: .mebibytes(1), fill: .pattern([1, 2, 3, 4, 5]))
    for index in 0..<256 { grown[index * page + 9] = 0 }
    try grown.resize(to: .mebibytes(20))
    grown[(19 << 20) + 11] = 0
    try grown.reset(keepingResident: .mebibytes(64))
    let isFill = [9, 100 * page + 9, (19 << 20) + 11].allSatisfy { grown[$0] == UInt8($0 % 5 + 1) }
    #expect(isFill)
    #expect(try grown.usage.committed.rawValue == 257 * page)

    var huge = try LazyMemory(size: .mebibytes(8), options: .hugePages)
    _ = huge[5 << 20]  // perhaps the huge zero page: it must not be overwritten
    huge[100] = 1
    let before = try huge.usage.committed
    try huge.reset(keepingResident: .mebibytes(8))
    #expect(huge[100] == 0)
    #expect(try huge.usage.committed <= before)
  }

  @Test func `many memories are reset by one call`() throws {
    var memories =
      [try LazyMemory(size: .mebibytes(1)), try LazyMemory(size: .mebibytes(2))]
      as InlineArray<2, LazyMemory>
    memories[0][5] = 1
    memories[1][6] = 1
    var span = memories.mutableSpan
    try LazyMemory.reset(&span, keepingResident: .mebibytes(1))
    #expect(span[0][5] == 0)
    #expect(span[1][6] == 0)
    #expect(try span[1].usage.committed.rawValue == page)
  }

  @Test(arguments: [FillPattern.zero, .byte(3)], [1, 2, 3] as [UInt64])
  func `committed ranges are what was written`(fill: FillPattern, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pages = 2000
    var memory = try LazyMemory(size: ByteCount(pages * page), fill: fill)
    var written = [Bool](repeating: false, count: pages)
    for _ in 0..<300 {
      let index = Int.random(in: 0..<pages, using: &generator)
      memory[index * page] = 9
      written[index] = true
    }
    var expected: [Range<Int>] = []
    for index in written.indices where written[index] {
      let start = index * page
      if let last = expected.last, last.upperBound == start {
        expected[expected.count - 1] = last.lowerBound..<start + page
      } else {
        expected.append(start..<start + page)
      }
    }
    #expect(try memory.committedRanges() == expected, "seed \(seed)")
    let part = 10 * page + 5..<1500 * page + 1
    #expect(
      try memory.committedRanges(of: part)
        == expected.map { $0.clamped(to: part) }.filter { !$0.isEmpty })
    do throws(AllocationError) {
      _ = try memory.committedRanges(of: 0..<pages * page + 1)
      Issue.record("asked too much")
    } catch {
      #expect(
        error
          == .invalidRange(
            lower: 0, upper: ByteCount(pages * page + 1), size: ByteCount(pages * page)))
    }
  }

  @Test func `an array counts in elements`() throws {
    // 24 bytes: elements cross from page to page.
    var array = try LazyArray(repeating: SIMD3<Int16>(1, 2, 3), count: 100_000)
    let stride = MemoryLayout<SIMD3<Int16>>.stride
    array[50_000] = SIMD3(4, 5, 6)
    let range = try #require(try array.committedRanges().first)
    #expect(range.contains(50_000) && range.count <= page / stride + 2)
    #expect(try array.usage(of: range).committed.rawValue == page)
    #expect(try array.usage(of: 0..<1000).committed == 0)
    try array.reset(keepingResident: 0)
    #expect(array[50_000] == SIMD3(1, 2, 3))
    #expect(try array.committedRanges().isEmpty)
    do throws(AllocationError) {
      _ = try array.usage(of: 5..<100_001)
      Issue.record("asked too much")
    } catch { #expect(error == .invalidElements(lower: 5, upper: 100_001, count: 100_000)) }
  }
}
