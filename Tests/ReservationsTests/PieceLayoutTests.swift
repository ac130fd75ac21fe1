// SPDX-License-Identifier: MIT

import Instruments
import Pages
import System
import Tamalloc
import Testing

@testable import Reservations

@Suite struct PieceLayoutTests {
  static let page = PageSize(4096)!
  static let usual = PieceLayout(patternLength: 1, pageSize: page)

  @Test(arguments: [1, 2, 3, 12, 24, 100, 4095, 4096])
  func `pieces tile the line, whole periods and pages each, and never get shorter`(length: Int) {
    let layout = PieceLayout(patternLength: ByteCount(length), pageSize: Self.page)
    var position: ByteCount = 0
    var previous: ByteCount = 0
    for count in 1...5000 {
      let piece = layout.piece(at: position)
      let pieceLength = piece.upperBound - piece.lowerBound
      #expect(piece.lowerBound == position)
      #expect(pieceLength.rawValue % 4096 == 0)
      #expect(pieceLength.rawValue % length == 0)
      #expect(pieceLength >= previous)
      #expect(layout.piece(at: piece.upperBound - 1) == piece, "one piece from end to end")
      #expect(layout.pieceCount(for: piece.upperBound) == count)
      #expect(layout.pieceCount(for: piece.lowerBound + 1) == count)
      #expect(layout.tileLength(for: piece.upperBound) == pieceLength)
      if pieceLength < previous || piece.lowerBound != position { return }
      previous = pieceLength
      position = piece.upperBound
    }
  }

  /// The table at the top of PieceLayout.swift.
  @Test(arguments: [
    (ByteCount.mebibytes(1), ByteCount.kibibytes(128), 13),
    (.mebibytes(64), .mebibytes(1), 97),
    (.gibibytes(1), .mebibytes(4), 385),
    (.gibibytes(64), .mebibytes(32), 3073),
    (.tebibytes(1), .mebibytes(128), 12289),
    (.tebibytes(16), .mebibytes(512), 49153),
  ])
  func `has the figures that its documentation gives`(size: ByteCount, tile: ByteCount, count: Int)
  {
    #expect(Self.usual.tileLength(for: size) == tile)
    #expect(Self.usual.pieceCount(for: size) == count)
  }

  @Test func `keeps the tile small and the mappings few`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<10_000 {
      let bits = Int.random(in: 12...40, using: &generator)
      let size = ByteCount(.random(in: 1 << bits..<2 << bits, using: &generator))
      let tile = Self.usual.tileLength(for: size)
      #expect(tile <= max(.mebibytes(32), ByteCount(size.rawValue / 64)), "\(size)")
      #expect(Self.usual.pieceCount(for: size) <= 65_530 / 2, "\(size)")
    }
  }
}

@Suite struct FillPatternTests {
  @Test func `simplifies what is simple`() {
    #expect(FillPattern.byte(0).simplified == .zero)
    #expect(FillPattern.pattern([0, 0]).simplified == .zero)
    #expect(FillPattern.pattern([9, 9, 9]).simplified == .byte(9))
    #expect(FillPattern.pattern([9, 8]).simplified == .pattern([9, 8]))
    #expect(FillPattern.pattern([]).simplified == .pattern([]))
  }

  @Test func `repeats elements as they lie in an array`() {
    #expect(FillPattern.repeating(0.0) == .zero)
    #expect(FillPattern.repeating(-0.0) == .pattern([0, 0, 0, 0, 0, 0, 0, 0x80]))
    #expect(FillPattern.repeating(UInt16(0x0102)) == .pattern([2, 1]))
    #expect(FillPattern.repeating(Int8(-1)) == .byte(255))
    // 9 bytes of size, 16 of stride.
    let padded = FillPattern.repeating((1 as UInt64, 2 as UInt8))
    #expect(padded == .pattern([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test(arguments: [1, 2, 3, 5, 7, 8, 12, 24, 100, 1000, 4095, 4096], [3_000, 1_000_000])
  func `memory reads as the pattern everywhere`(length: Int, size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(length))
    let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let fill = FillPattern.pattern(bytes)
    let memory = try LazyMemory(size: ByteCount(size), fill: fill)
    let expected = (0..<memory.size.rawValue).map { bytes[$0 % length] }
    let isEqual = memory.withUnsafeBytes { $0.elementsEqual(expected) }
    #expect(isEqual)
    #expect(try memory.usage.committed == 0)
  }

  @Test func `every byte value can fill`() throws {
    for byte in UInt8.min...UInt8.max {
      let memory = try LazyMemory(size: .kibibytes(80), fill: .byte(byte))
      let isFilled = memory.withUnsafeBytes { $0.allSatisfy { $0 == byte } }
      #expect(isFilled, "\(byte)")
    }
  }

  @Test func `a tile can't be changed by anybody`() throws {
    let tile = try PatternTile(fill: .byte(7), length: 16384)
    defer { tile.close() }
    #expect(throws: SystemCallFailure.self) {
      try Syscalls.write(tile.descriptor, from: VirtualAddress(rawValue: 4096), size: 1)
    }
  }
}
