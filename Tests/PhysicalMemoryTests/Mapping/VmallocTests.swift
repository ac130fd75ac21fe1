// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct VmallocTests {
  @Test(arguments: [Architecture.x86_64, .i386])
  func `bytes agree through both addresses`(architecture: Architecture) throws {
    var machine = try Machine(
      architecture == .i386 ? .i386(ram: .gibibytes(2)) : .x86_64(ram: .mebibytes(64)))
    // Single frames, so that the area's are scattered.
    let frames = try (0..<64).map { _ in try machine.allocatePages(flags: [.kernel, .highMemory]) }
    for (index, frame) in frames.enumerated() where index % 2 == 0 { try machine.freePages(frame) }
    let area = try machine.vmalloc(81_820)
    var data = (0..<(20 * 4096)).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try machine.write(data, at: area)
    let behind = try (0..<20).map {
      try present(machine.vmallocFrame(at: area + ByteCount($0 * 4096)))
    }
    #expect(zip(behind, behind.dropFirst()).contains { $1.index != $0.index + 1 })
    for (page, frame) in behind.enumerated() {
      let bytes = try machine.withBytes(of: frame) { [UInt8]($0) }
      #expect(bytes == Array(data[(page * 4096)..<((page + 1) * 4096)]))
    }
    // And the other way: from the frame to the area.
    let window = try machine.map(behind[3])
    try machine.write([1, 2, 3], at: window + 5)
    data.replaceSubrange((3 * 4096 + 5)..<(3 * 4096 + 8), with: [1, 2, 3])
    #expect(try machine.read(ByteCount(data.count), at: area) == data)
    try machine.unmap(behind[3])
    #expect(machine.checkInvariants() == [])
    try machine.vfree(area)
    #expect(throws: MachineError.noSuchAddress(area)) { try machine.read(1, at: area) }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `behind each area is a guard`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    let first = try machine.vmalloc(4096)
    let second = try machine.vmalloc(4096)
    #expect(second - first == 8192)
    #expect(throws: MachineError.noSuchAddress(first + 4096)) {
      try machine.write([1, 1], at: first + 4095)
    }
    #expect(try machine.read(1, at: first + 4095) == [1])
  }

  @Test func `impossible areas are refused, and nothing is lost`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    let free = machine.freeFrames
    for size: ByteCount in [0, -1, .mebibytes(17), ByteCount(.max)] {
      #expect(throws: MachineError.vmalloc(.invalidSize(size))) { try machine.vmalloc(size) }
    }
    #expect(throws: MachineError.self) { try machine.vmalloc(.mebibytes(16)) }
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == free)
    let area = try machine.vmalloc(8192)
    for wrong in [area + 1, area + 4096, area + 8192, KernelAddress(rawValue: 4096)] {
      #expect(throws: MachineError.vmalloc(.noArea(wrong))) { try machine.vfree(wrong) }
    }
    try machine.vfree(KernelAddress(rawValue: 0))
    try machine.vfree(area)
    #expect(throws: MachineError.vmalloc(.noArea(area))) { try machine.vfree(area) }
  }

  @Test func `areas end where the kernel's addresses do`() throws {
    // 1 GiB of 32-bit RAM leaves 120 MiB of addresses.
    var machine = try Machine(.i386(ram: .gibibytes(1)))
    #expect(throws: MachineError.vmalloc(.noAddressSpace(.mebibytes(128)))) {
      try machine.vmalloc(.mebibytes(128))
    }
  }

  @Test(arguments: [7, 8] as [UInt64]) func `random areas agree with a dictionary`(seed: UInt64)
    throws
  {
    var random = SeededGenerator(seed: seed)
    var machine = try Machine(.x86_64(ram: .mebibytes(64), nodes: 2))
    let free = machine.freeFrames
    var areas: [KernelAddress: (size: Int, mark: UInt8)] = [:]
    for step in 0..<5000 {
      if areas.count < 40, Bool.random(using: &random) {
        let size = Int.random(in: 1...100_000, using: &random)
        let mark = UInt8.random(in: 0...255, using: &random)
        let area = try machine.vmalloc(ByteCount(size))
        #expect(areas[area] == nil)
        try machine.write(Array(repeating: mark, count: size), at: area)
        areas[area] = (size, mark)
      } else if let area = areas.keys.sorted().randomElement(using: &random) {
        let (size, mark) = areas.removeValue(forKey: area)!
        #expect(
          try machine.read(ByteCount(size), at: area).withUnsafeBytes { $0.isFilled(with: mark) },
          "seed \(seed), step \(step)")
        try machine.vfree(area)
      }
    }
    #expect(machine.checkInvariants() == [], "seed \(seed)")
    #expect(machine.vmallocinfo.split(separator: "\n").count == areas.count)
    for area in areas.keys { try machine.vfree(area) }
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == free)
  }
}
