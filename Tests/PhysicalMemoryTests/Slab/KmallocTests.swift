// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import PhysicalMemory

@Suite struct KmallocTests {
  /// Linux's kmalloc_index(): include/linux/slab.h, 6.12.
  static func linuxSize(_ size: Int) -> Int {
    if size > 64, size <= 96 { return 96 }
    if size > 128, size <= 192 { return 192 }
    var power = 8
    while power < size { power *= 2 }
    return power
  }

  @Test func `every size comes from the cache that Linux takes`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    for size in 1...8192 {
      let address = try machine.kmalloc(ByteCount(size))
      #expect(try machine.ksize(address).rawValue == Self.linuxSize(size), "\(size) bytes")
      let expected = Self.linuxSize(size)
      if expected & (expected - 1) == 0 {
        #expect(address.rawValue % UInt64(min(expected, 4096)) == 0, "\(size) bytes at \(address)")
      }
      try machine.kfree(address)
    }
  }

  @Test func `larger requests get whole pages`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    let address = try machine.kmalloc(8193)
    #expect(try machine.ksize(address) == 16384)
    #expect(machine.frame(at: address).map { machine.frames[$0].owner.kind } == .kmalloc)
    try machine.kfree(address)
    #expect(throws: MachineError.self) { try machine.kfree(address) }
    #expect(throws: MachineError.invalidSize(ByteCount(4 << 20 + 1))) {
      try machine.kmalloc(ByteCount(4 << 20 + 1))
    }
    #expect(throws: MachineError.invalidSize(-1)) { try machine.kmalloc(-1) }
  }

  @Test func `nothing is a place of its own, and null is freed in vain`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    #expect(try machine.kmalloc(0) == Machine.zeroSizeAddress)
    try machine.kfree(Machine.zeroSizeAddress)
    try machine.kfree(KernelAddress(rawValue: 0))
  }

  @Test func `memory for devices lies below 16 MiB`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    for size: ByteCount in [8, 100, 4096, 20_000] {
      let address = try machine.kmalloc(size, flags: [.kernel, .dma])
      let frame = try present(machine.frame(at: address))
      #expect(frame.index < 16 << 8, "\(size) at frame \(frame)")
      try machine.kfree(address)
    }
    #expect(
      try machine.statistics(of: present(machine.slabCache(named: "dma-kmalloc-8"))).slabs == 1)
  }

  @Test func `memory with an address is never high memory`() throws {
    var machine = try Machine(.i386(ram: .gibibytes(2)))
    for size: ByteCount in [8, 100, 4096, 20_000] {
      let address = try machine.kmalloc(size, flags: .highUser)
      let frame = try present(machine.frame(at: address))
      #expect(try machine.zone(of: frame).type == .normal, "\(size)")
      try machine.write([1], at: address)
      try machine.kfree(address)
    }
  }

  @Test func `requests that may sleep are refused in atomic context`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    try machine.kfree(try machine.kmalloc(8))
    machine.context.isAtomic = true
    #expect(throws: MachineError.sleepInAtomicContext(.kernel)) { try machine.kmalloc(8) }
    try machine.kfree(try machine.kmalloc(8, flags: .atomic))
  }
}
