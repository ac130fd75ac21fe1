// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Tamalloc
import Testing

@Suite(.serialized) struct ResizeTests {
  static let fills = [FillPattern.zero, .byte(0xC3), .pattern([1, 2, 3])]

  @Test(arguments: fills, [1, 1 << 21])
  func `grows by moving where it must, and copies no page`(fill: FillPattern, alignment: Int) throws
  {
    var memory = try LazyMemory(
      size: .mebibytes(40), alignment: ByteCount(alignment), fill: fill)
    var generator = SeededGenerator(seed: 11)
    var written: [Int: UInt8] = [:]
    for _ in 0..<500 {
      let position = Int.random(in: 0..<40 << 20, using: &generator)
      written[position] = .random(in: 0...255, using: &generator)
      memory[position] = written[position]!
    }
    let committed = try memory.usage.committed
    // What lies behind the memory now keeps it from growing there.
    let blocker = try Blocker(after: memory.address + UInt(memory.size.rawValue))
    defer { blocker.remove() }
    let before = memory.address
    let faults = KernelView.minorFaultsOfThread
    try memory.resize(to: .gibibytes(2))
    #expect(KernelView.minorFaultsOfThread - faults < 64)
    #expect(memory.address != before)
    #expect(memory.address % UInt(alignment) == 0)
    #expect(try memory.usage == MemoryUsage(reserved: .gibibytes(2), committed: committed))
    for (position, value) in written { #expect(memory[position] == value) }
    for position in memory.samplePositions(500, using: &generator) where written[position] == nil {
      #expect(memory[position] == fill.byte(at: position))
    }
    #expect(memory.checkInvariants() == true)
  }

  @Test(arguments: fills)
  func `grows in place where there is room`(fill: FillPattern) throws {
    var memory = try LazyMemory(size: .gibibytes(4), fill: fill)
    memory[12345] = 99
    try memory.resize(to: .mebibytes(1))
    let address = memory.address
    for size in [2, 3, 17, 64, 1000] {
      try memory.resize(to: .mebibytes(size))
      #expect(memory.address == address, "at \(size) MiB")
      #expect(memory[12345] == 99)
      let last = size << 20 - 1
      #expect(memory[last - 1] == fill.byte(at: last - 1))
    }
    #expect(try memory.usage.committed.rawValue == page)
  }

  @Test(arguments: fills)
  func `what was shrunk away is gone`(fill: FillPattern) throws {
    var memory = try LazyMemory(size: .mebibytes(2), fill: fill)
    for index in 0..<512 { memory[index * page] = 0xFF }
    try memory.resize(to: .mebibytes(1))
    #expect(try memory.usage.committed == .mebibytes(1))
    try memory.resize(to: .mebibytes(2))
    #expect(memory[1 << 20] == fill.byte(at: 1 << 20))
    #expect(memory[(1 << 20) - page] == 0xFF)
    #expect(try memory.usage.committed == .mebibytes(1))
  }

  @Test(arguments: fills)
  func `grows page by page without piling up mappings`(fill: FillPattern) throws {
    var memory = try LazyMemory(size: ByteCount(page), fill: fill)
    for count in 1...2000 {
      try memory.resize(to: ByteCount(count * page))
      memory[(count - 1) * page] = UInt8(count & 0xFF)
    }
    for count in 1...2000 {
      #expect(memory[(count - 1) * page] == UInt8(count & 0xFF))
      #expect(memory[(count - 1) * page + 1] == fill.byte(at: (count - 1) * page + 1))
    }
    // 8 MiB in one go would have about 40; a growth that began new pieces would have 2,000.
    #expect(try memory.smaps().mappings < 64)
    #expect(try memory.usage.committed.rawValue == 2000 * page)
  }

  @Test func `growth keeps what was asked for`() throws {
    var memory = try LazyMemory(size: .mebibytes(1), options: .prefault)
    try memory.resize(to: .mebibytes(3))
    #expect(try memory.usage.committed == .mebibytes(3))
    var strict = try LazyMemory(size: .mebibytes(1), options: .strictAccounting)
    try strict.resize(to: .mebibytes(3))
    #expect(try strict.smaps().flags.contains("ac"))
    #expect(try strict.smaps().flags.contains("nh"))
    #expect(throws: AllocationError.commitLimit(.tebibytes(64) - .mebibytes(3))) {
      try strict.resize(to: .tebibytes(64))
    }
    #expect(strict.size == .mebibytes(3))
  }
}
