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

  @Test func `a frame of the cache is given above the low mark, and at it by the slow path`() throws
  {
    var machine = try Machine(.x86_64(ram: .mebibytes(16)))
    let frames = try (0..<2).map { _ in try machine.allocatePages() }
    for frame in frames { try machine.freePages(frame) }
    // Low is min × 5/4: no low mark is 4 more than a multiple of 5.
    while ![1, 2, 3].contains(try machine.zone(.dma).free % 5) {
      _ = try machine.allocatePages(order: 1)
    }
    let free = try machine.zone(.dma).free
    let slow = machine.events.slow
    for (low, way) in [(free - 1, slow), (free, slow + 1)] {
      try machine.setMinFree(kibibytes: (low - low / 5) * 4)
      #expect(try machine.zone(.dma).watermarks.low == low)
      let frame = try machine.allocatePages()
      #expect(machine.events.slow == way, "low \(low), free \(free)")
      #expect(try machine.zone(.dma).free == free, "it was in the cache")
      try machine.freePages(frame)
    }
  }

  @Test func `one frame too many has a batch leave, of those that were freed first`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(1)))
    let zone = ZoneNumber(.dma32, of: 0)
    let (batch, high) = try machine.zone(.dma32).perCPUMarks
    let held = try (0...high).map { _ in try machine.allocatePages() }
    machine.drainPerCPUPages()
    for frame in held.dropLast() { try machine.freePages(frame) }
    let before = try present(machine.perCPUPages(0, zone: zone))
    #expect(before.count == high)
    try machine.freePages(held[high])
    let after = try present(machine.perCPUPages(0, zone: zone))
    #expect(after.count == high + 1 - batch)
    #expect(after.drained - before.drained == batch)
    let cached = try held.map { try machine.record(of: $0).flags.contains(.perCPU) }
    #expect(cached == held.indices.map { $0 >= batch })
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
    // What processor 1 gives back stays in its cache, where processor 0 can't take it.
    try machine.run(on: 1)
    let given = held.sorted().prefix(8)
    let free = machine.freeFrames
    for frame in given { try machine.freePages(frame) }
    #expect(machine.freeFrames == free, "the cache took them all")
    try machine.run(on: 0)
    #expect(throws: MachineError.self) { try machine.allocatePages(flags: .noWait) }
    // A request that may sleep has the caches drained, and gets one of them.
    let frame = try machine.allocatePages(flags: .kernel)
    #expect(given.contains(frame), "frame \(frame) was not in processor 1's cache")
    for type in [ZoneType.dma, .dma32] {
      let cache = try present(machine.perCPUPages(1, zone: ZoneNumber(type, of: 0)))
      #expect(cache.count == 0)
    }
    #expect(machine.checkInvariants() == [])
  }
}
