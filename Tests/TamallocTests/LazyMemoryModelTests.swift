// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Tamalloc
import Testing

/// Random operations on a memory and on a plain array that says what it should hold.
@Suite(.serialized) struct LazyMemoryModelTests {
  struct Model {
    var bytes: [UInt8]
    var committed: Set<Int> = []

    mutating func write(_ value: UInt8, at position: Int) {
      bytes[position] = value
      committed.insert(position / page)
    }

    mutating func discard(_ range: Range<Int>, fill: FillPattern) {
      for position in range { bytes[position] = fill.byte(at: position) }
      let first = (range.lowerBound + page - 1) / page
      let end = range.upperBound / page
      if first < end { committed.subtract(first..<end) }
    }

    mutating func resize(to size: Int, fill: FillPattern) {
      if size < bytes.count { bytes.removeLast(bytes.count - size) }
      for position in bytes.count..<size { bytes.append(fill.byte(at: position)) }
      committed = committed.filter { $0 < size / page }
    }
  }

  @Test(
    arguments: [
      FillPattern.zero, .byte(0xEE), .pattern([1, 2, 3, 4, 5, 6, 7]), .pattern([UInt8](0...255)),
    ], [1, 2, 3, 4] as [UInt64])
  func `does what the model does`(fill: FillPattern, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pages = 1...60
    let alignment = 1 << Int.random(in: 0...16, using: &generator)
    let first = Int.random(in: pages, using: &generator) * page
    var memory = try LazyMemory(
      size: ByteCount(first), alignment: ByteCount(alignment), fill: fill)
    var model = Model(bytes: (0..<first).map { fill.byte(at: $0) })
    for step in 0..<400 {
      let size = model.bytes.count
      let lower = Int.random(in: 0..<size, using: &generator)
      let upper = Int.random(in: lower...min(size, lower + 5 * page), using: &generator)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let value = UInt8.random(in: 0...255, using: &generator)
        memory[lower] = value
        model.write(value, at: lower)
      case 5..<7:
        try memory.discard(lower..<upper)
        // A page that is discarded in part stays committed, and one that nobody touched untouched.
        model.discard(lower..<upper, fill: fill)
      case 7:
        try memory.prefault(lower..<upper)
        if lower < upper { model.committed.formUnion(lower / page...(upper - 1) / page) }
      case 8:
        let newSize = Int.random(in: pages, using: &generator) * page
        try memory.resize(to: ByteCount(newSize - Int.random(in: 0..<page, using: &generator)))
        model.resize(to: newSize, fill: fill)
      default:
        #expect(memory[lower] == model.bytes[lower], "seed \(seed), step \(step), byte \(lower)")
      }
      if step % 40 == 39 {
        #expect(memory.checkInvariants() == true)
        #expect(memory.size.rawValue == model.bytes.count)
        #expect(memory.address % UInt(alignment) == 0)
        let committed = try memory.usage.committed.rawValue
        #expect(committed == model.committed.count * page, "seed \(seed), step \(step)")
        let isEqual = memory.withUnsafeBytes { $0.elementsEqual(model.bytes) }
        #expect(isEqual, "seed \(seed), step \(step)")
        #expect(try memory.usage.committed.rawValue == committed, "comparing must not commit")
      }
    }
  }
}
