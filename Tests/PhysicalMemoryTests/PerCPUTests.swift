// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import PhysicalMemory

@Suite struct PerCPUTests {
  @Test func `the frame freed last is taken first, and cold ones go to the other end`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(1)))
    let frames = try (0..<3).map { _ in try machine.allocatePages() }
    for frame in frames { try machine.freePages(frame) }
    #expect(try machine.allocatePages() == frames[2])
    try machine.freePages(frames[2], flags: .cold)
    #expect(try machine.allocatePages() == frames[1])
    #expect(try machine.allocatePages(flags: [.kernel, .cold]) == frames[2])
  }

  @Test func `frames move in batches and never pass the high mark`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(1)))
    let zone = ZoneNumber(.dma32, of: 0)
    let record = try machine.zone(.dma32)
    let batch = Int(record.perCPUBatch)
    #expect(batch == 63)
    let before = record.free
    let first = try machine.allocatePages()
    #expect(try machine.zone(.dma32).free == before - batch)
    #expect(machine.perCPUPages(0, zone: zone)?.count == batch - 1)
    var held = [first]
    for _ in 0..<2000 { held.append(try machine.allocatePages()) }
    for frame in held {
      try machine.freePages(frame)
      #expect(machine.perCPUPages(0, zone: zone)!.count <= Int(record.perCPUHigh))
    }
    #expect(machine.checkInvariants() == [])
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames)
    #expect(machine.perCPUPages(0, zone: zone)?.count == 0)
  }

  @Test func `each processor has its own`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(1), cpus: 2))
    let frame = try machine.allocatePages()
    try machine.run(on: 1)
    try machine.freePages(frame)
    try machine.run(on: 0)
    #expect(try machine.allocatePages() != frame)
    try machine.run(on: 1)
    #expect(try machine.allocatePages() == frame)
    #expect(throws: MachineError.noSuchProcessor(2)) { try machine.run(on: 2) }
    #expect(throws: MachineError.noSuchProcessor(-1)) { try machine.run(on: -1) }
  }

  @Test func `a processor's memory is on its node, and falls back to the other`() throws {
    var layout = MachineLayout.x86_64(ram: .mebibytes(64), nodes: 2, cpus: 2)
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    try machine.run(on: 1)
    let frame = try machine.allocatePages()
    #expect(try machine.zone(of: frame).node == 1)
    #expect(try machine.zone(of: try machine.allocatePages(node: 0)).node == 0)
    var onOther = 0
    while let frame = try? machine.allocatePages(flags: .noWait) {
      if try machine.zone(of: frame).node == 0 { onOther += 1 }
    }
    #expect(onOther > 6000)
    #expect(machine.events.otherNode == onOther)
    #expect(throws: MachineError.outOfMemory(order: 0, flags: [.thisNode])) {
      try machine.allocatePages(flags: .thisNode)
    }
    #expect(throws: MachineError.noSuchNode(2)) { try machine.allocatePages(node: 2) }
  }

  @Test func `frames that wait in caches are drained before a request fails`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(16), cpus: 2))
    try machine.setMinFree(kibibytes: 128)
    var held: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: .noWait) { held.append(frame) }
    // Buddies that no block can be made of while a processor keeps them.
    try machine.run(on: 1)
    for frame in held.sorted().prefix(8) { try machine.freePages(frame) }
    let free = machine.freeFrames
    _ = try machine.allocatePages(order: 0, flags: .kernel)
    try machine.run(on: 0)
    _ = try machine.allocatePages(order: 0, flags: .kernel)
    #expect(machine.freeFrames <= free + 8)
    #expect(machine.checkInvariants() == [])
  }
}
