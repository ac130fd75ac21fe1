// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct BuddySystemTests {
  static func machine(frames: Int, caches: Bool = false) throws -> Machine {
    var layout = MachineLayout.x86_64(ram: ByteCount(frames * 4096))
    layout.usesPerCPUPages = caches
    return try Machine(layout)
  }

  @Test(arguments: [1, 7, 1000, 1024, 3000, 4096])
  func `boot gives all frames to the buddy system in the largest blocks that fit`(
    frames: Int
  ) throws {
    let machine = try Self.machine(frames: frames)
    let reference = ReferenceBuddySystem(0..<frames)
    let zone = try machine.zone(.dma)
    #expect((0..<11).map { zone.freeBlocks(try! Order($0)) } == reference.counts)
    #expect(machine.freeFrames == frames)
    #expect(machine.checkInvariants() == [])
  }

  @Test(arguments: [UInt64(1), 2, 3, 6, 7])
  func `random requests leave what a second buddy system leaves`(seed: UInt64) throws {
    var machine = try Self.machine(frames: 3500)
    // No marks: the buddy system alone is looked at.
    try machine.setMinFree(kibibytes: 0)
    var reference = ReferenceBuddySystem(0..<3500)
    var generator = SeededGenerator(seed: seed)
    var live: [(frame: PageFrameNumber, order: Int)] = []
    for step in 0..<250_000 {
      let wantsMore = live.count < 400 ? 6 : 4
      if live.isEmpty || Int.random(in: 0..<10, using: &generator) < wantsMore {
        // Small blocks are more frequent, as in a kernel.
        let order = min(
          Int.random(in: 0...10, using: &generator), Int.random(in: 0...10, using: &generator))
        do {
          let frame = try machine.allocatePages(order: Order(order), flags: .memoryReserves)
          if let fault = reference.take(frame.index, order) {
            Issue.record("seed \(seed), step \(step): \(fault)")
            return
          }
          live.append((frame, order))
        } catch {
          try #require(
            reference.source(for: order) == nil,
            "seed \(seed), step \(step): order \(order) was refused: \(error)")
        }
      } else {
        let (frame, order) = live.swapRemove(Int.random(in: 0..<live.count, using: &generator))
        try machine.freePages(frame, order: Order(order))
        reference.give(frame.index)
      }
      if step % 1000 == 0 {
        let zone = try machine.zone(.dma)
        let counts = (0..<11).map { zone.freeBlocks(try! Order($0)) }
        try #require(counts == reference.counts, "seed \(seed), step \(step)")
        try #require(machine.checkInvariants() == [], "seed \(seed), step \(step)")
      }
    }
    for (frame, order) in live { try machine.freePages(frame, order: Order(order)) }
    #expect(machine.buddyinfo == (try Self.machine(frames: 3500)).buddyinfo)
    #expect(machine.checkInvariants() == [])
  }

  @Test(arguments: [UInt64(4), 5])
  func `random requests of many kinds on two nodes keep every invariant`(seed: UInt64) throws {
    var layout = MachineLayout.x86_64(ram: .mebibytes(64), nodes: 2, cpus: 4)
    layout.swap = .mebibytes(4)
    var machine = try Machine(layout)
    var generator = SeededGenerator(seed: seed)
    var live: [(frame: PageFrameNumber, order: Int)] = []
    for step in 0..<100_000 {
      try machine.run(on: ProcessorNumber(Int.random(in: 0..<4, using: &generator)))
      if live.isEmpty || Bool.random(using: &generator) {
        let order =
          Int.random(in: 0..<4, using: &generator) == 0
          ? Int.random(in: 0...10, using: &generator) : 0
        let flags = GFPFlags.types[Int.random(in: 0..<GFPFlags.types.count, using: &generator)]
          .flags
        if let frame = try? machine.allocatePages(
          order: Order(order),
          flags: Bool.random(using: &generator) ? flags : flags.union([.cold, .compound]))
        {
          live.append((frame, order))
        }
      } else {
        let (frame, order) = live.swapRemove(Int.random(in: 0..<live.count, using: &generator))
        try machine.freePages(
          frame, order: Order(order), flags: Bool.random(using: &generator) ? [] : .cold)
      }
      if step % 5000 == 0 {
        try #require(machine.checkInvariants() == [], "seed \(seed), step \(step)")
        machine.tick()
      }
    }
    for (frame, order) in live { try machine.freePages(frame, order: Order(order)) }
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames)
    #expect(machine.checkInvariants() == [])
    #expect(machine.buddyinfo == (try Machine(layout)).buddyinfo)
  }

  @Test func `blocks lie at multiples of their size and do not overlap`() throws {
    var machine = try Self.machine(frames: 4096)
    try machine.setMinFree(kibibytes: 0)
    var taken: Set<Int> = []
    for order in [0, 3, 1, 10, 5, 2, 0, 7] {
      let frame = try machine.allocatePages(order: Order(order))
      #expect(frame.index % (1 << order) == 0)
      let frames = Set(frame.index..<frame.index + (1 << order))
      #expect(taken.isDisjoint(with: frames))
      taken.formUnion(frames)
    }
  }

  @Test func `freeing what is not allocated is an error and changes nothing`() throws {
    var machine = try Self.machine(frames: 4096, caches: true)
    let frame = try machine.allocatePages(order: 2)
    let before = machine.buddyinfo
    #expect(throws: MachineError.wrongOrder(frame, is: 2, given: 1)) {
      try machine.freePages(frame, order: 1)
    }
    let middle = PageFrameNumber(frame.rawValue + 1)
    #expect(throws: MachineError.notAllocated(middle)) { try machine.freePages(middle) }
    #expect(throws: MachineError.noSuchFrame(4096)) { try machine.freePages(4096) }
    #expect(throws: MachineError.noSuchFrame(UInt64(UInt32.max))) {
      try machine.freePages(PageFrameNumber(.max))
    }
    #expect(machine.buddyinfo == before)
    try machine.freePages(frame, order: 2)
    #expect(throws: MachineError.notAllocated(frame)) { try machine.freePages(frame, order: 2) }
    let single = try machine.allocatePages()
    try machine.freePages(single)
    #expect(throws: MachineError.notAllocated(single)) { try machine.freePages(single) }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `a block with two references is freed by the second free`() throws {
    var machine = try Self.machine(frames: 4096)
    let frame = try machine.allocatePages(order: 1)
    try machine.addReference(frame)
    try machine.freePages(frame, order: 1)
    #expect(machine.freeFrames == 4094)
    try machine.freePages(frame, order: 1)
    #expect(machine.freeFrames == 4096)
  }

  @Test func `zeroed blocks are zero whether they were used before or not`() throws {
    var machine = try Self.machine(frames: 4096)
    for round in 0..<3 {
      let frame = try machine.allocatePages(order: 3, flags: [.kernel, .zero])
      let isZero = try machine.withBytes(of: frame, count: 8) { bytes in
        let isZero = bytes.allSatisfy { $0 == 0 }
        for index in bytes.indices { bytes[index] = 0xA5 }
        return isZero
      }
      #expect(isZero, "round \(round)")
      try machine.freePages(frame, order: 3)
      // A half of what was a larger dirty block must be cleared, too.
      let half = try machine.allocatePages(order: 1, flags: [.kernel, .zero])
      #expect(try machine.withBytes(of: half, count: 2) { $0.allSatisfy { $0 == 0 } })
      try machine.freePages(half, order: 1)
    }
    #expect(machine.events.knownZero == 8)
    #expect(machine.events.cleared > 0)
  }

  @Test func `a block is not known to be zero if any of its frames was used`() throws {
    var machine = try Machine(.x86_64(ram: .mebibytes(64)))
    // A batch: the first frame is used, and its buddy waits in the cache, never handed out.
    let frame = try machine.allocatePages()
    #expect(frame.index % 1024 == 0)
    try machine.withBytes(of: frame, count: 1) { bytes in bytes[0] = 0xA5 }
    // Behind its buddy in the cache, it is the first of the two that is free again.
    try machine.freePages(frame, flags: .cold)
    machine.drainPerCPUPages()
    let block = try machine.allocatePages(order: .largest, flags: [.kernel, .zero])
    #expect(block == frame, "the one block that was used")
    let first = try machine.withBytes(of: block, count: 1) { $0[0] }
    #expect(first == 0)
  }

  @Test func `buddies of two nodes stay apart`() throws {
    func range(_ start: UInt64, node: NodeNumber) -> MachineLayout.Range {
      .init(start: PhysicalAddress(rawValue: start << 20), size: .mebibytes(1), node: node)
    }
    var layout = MachineLayout(
      .x86_64, ranges: [range(0, node: 0), range(1, node: 1)], nodes: 2)
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    for _ in 0..<2 {
      #expect(machine.populatedZones.map { $0.freeBlocks(8) } == [1, 1])
      #expect(machine.populatedZones.map(\.free) == [256, 256])
      #expect(machine.checkInvariants() == [])
      try machine.setMinFree(kibibytes: 0)
      let blocks = try (0..<2).map { _ in
        try machine.allocatePages(order: 8, flags: .memoryReserves)
      }
      #expect(blocks.map(\.index) == [0, 256])
      for block in blocks { try machine.freePages(block, order: 8) }
    }
  }

  @Test func `every frame of a compound block knows its head`() throws {
    var machine = try Self.machine(frames: 4096)
    let frame = try machine.allocatePages(order: 3, flags: [.kernel, .compound])
    for tail in 0..<8 {
      #expect(machine.head(of: PageFrameNumber(frame.rawValue + UInt32(tail))) == frame)
    }
    try machine.freePages(frame, order: 3)
    #expect(machine.head(of: PageFrameNumber(frame.rawValue + 1)) == nil)
    #expect(machine.checkInvariants() == [])
  }
}

extension Array {
  /// Takes an element out, and puts the last into its place.
  mutating func swapRemove(_ index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
