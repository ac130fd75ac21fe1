// SPDX-License-Identifier: MIT

// One row for each flag and type: what it changes, against the table of Linux's documentation
// (Documentation/core-api/memory-allocation.rst and include/linux/gfp_types.h).

import Pages
import Testing

@testable import PhysicalMemory

/// What a request of some kind does on a machine without free memory beyond its reserves.
struct GFPRow: CustomTestStringConvertible, Sendable {
  var name: String
  /// It may sleep: it reclaims by itself.
  var reclaims: Bool
  /// It wakes kswapd.
  var wakes: Bool
  /// The frames that it leaves in a zone whose *min* is 64.
  var leaves: Int
  /// The zone that serves it on a 32-bit machine with room everywhere.
  var zone: ZoneType
  /// Something may be ended on its behalf.
  var ends: Bool
  var testDescription: String { name }
}

@Suite struct GFPTests {
  static let rows: [GFPRow] = [
    row("GFP_KERNEL", reclaims: true, wakes: true, leaves: 64, ends: true),
    row("GFP_ATOMIC", wakes: true, leaves: 24),
    row("GFP_NOWAIT", wakes: true, leaves: 64),
    row("GFP_NOIO", reclaims: true, wakes: true, leaves: 64),
    row("GFP_NOFS", reclaims: true, wakes: true, leaves: 64),
    row("GFP_USER", reclaims: true, wakes: true, leaves: 64, ends: true),
    row("GFP_HIGHUSER", reclaims: true, wakes: true, leaves: 64, zone: .highMemory, ends: true),
    row(
      "GFP_HIGHUSER_MOVABLE", reclaims: true, wakes: true, leaves: 64, zone: .highMemory,
      ends: true),
    row("GFP_DMA", leaves: 64, zone: .dma),
    row("GFP_DMA32", leaves: 64, zone: .dma),
    row("__GFP_DMA", leaves: 64, zone: .dma),
    row("__GFP_DMA32", leaves: 64, zone: .dma),
    row("__GFP_HIGHMEM", leaves: 64, zone: .highMemory),
    row("__GFP_RECLAIM", reclaims: true, wakes: true, leaves: 64),
    row("__GFP_DIRECT_RECLAIM", reclaims: true, leaves: 64),
    row("__GFP_KSWAPD_RECLAIM", wakes: true, leaves: 64),
    row("__GFP_HIGH", leaves: 32),
    row("__GFP_IO", leaves: 64),
    row("__GFP_FS", leaves: 64),
    row("__GFP_COLD", leaves: 64),
    row("__GFP_ATOMIC", leaves: 48),
    row("__GFP_ZERO", leaves: 64),
    row("__GFP_NORETRY", leaves: 64),
    row("__GFP_MEMALLOC", leaves: 0),
    row("__GFP_NOMEMALLOC", leaves: 64),
    row("__GFP_MEMALLOC|__GFP_NOMEMALLOC", leaves: 64),
    row("__GFP_THISNODE", leaves: 64),
    row("__GFP_COMP", leaves: 64),
    row("__GFP_NOWARN", leaves: 64),
    row("__GFP_MOVABLE", leaves: 64),
    row("GFP_KERNEL|__GFP_NORETRY", reclaims: true, wakes: true, leaves: 64),
    row("GFP_KERNEL|__GFP_THISNODE", reclaims: true, wakes: true, leaves: 64),
    row("GFP_KERNEL|__GFP_HIGH", reclaims: true, wakes: true, leaves: 32, ends: true),
    row("GFP_KERNEL|__GFP_DMA", reclaims: true, wakes: true, leaves: 64, zone: .dma),
  ]

  static func row(
    _ name: String, reclaims: Bool = false, wakes: Bool = false, leaves: Int,
    zone: ZoneType = .normal, ends: Bool = false
  ) -> GFPRow {
    GFPRow(
      name: name, reclaims: reclaims, wakes: wakes, leaves: leaves, zone: zone, ends: ends)
  }

  /// 16 MiB, one zone, min 64 frames, no caches between.
  static func smallMachine() throws -> Machine {
    var layout = MachineLayout.x86_64(ram: .mebibytes(16))
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    try machine.setMinFree(kibibytes: 256)
    #expect(try machine.zone(.dma).watermarks == Watermarks(min: 64, low: 80, high: 96))
    return machine
  }

  @Test(arguments: rows)
  func `each flag dips as deep as it may, sleeps and wakes as it may`(row: GFPRow) throws {
    let flags = try GFPFlags(parsing: row.name)
    var machine = try Self.smallMachine()
    machine.outOfMemoryHandler = { machine, _ in
      // Nothing to end is left after this; the call alone is counted.
      false
    }
    var count = 0
    while (try? machine.allocatePages(flags: flags)) != nil { count += 1 }
    #expect(machine.freeFrames == row.leaves, "\(row.name): \(machine.freeFrames) left")
    #expect(count == 4096 - row.leaves)
    #expect((machine.events.stalls > 0) == row.reclaims, "\(row.name): stalls")
    #expect((machine.events.kswapdWakes > 0) == row.wakes, "\(row.name): kswapd")
    // Only the zone of old devices is here: nobody is ended for requests that want no other.
    let wantsOnlyDMA = flags.highestZone < .normal
    #expect(
      (machine.events.outOfMemory > 0) == (row.ends && !wantsOnlyDMA), "\(row.name): ended")
    #expect(machine.checkInvariants() == [])
  }

  @Test(arguments: rows)
  func `each flag gets the highest zone that will do`(row: GFPRow) throws {
    let flags = try GFPFlags(parsing: row.name)
    var machine = try Machine(.i386(ram: .gibibytes(2)))
    let frame = try machine.allocatePages(flags: flags)
    #expect(try machine.zone(of: frame).type == row.zone)
    var wide = try Machine(.x86_64(ram: .gibibytes(8)))
    let wideFrame = try wide.allocatePages(flags: flags)
    let expected: ZoneType =
      flags.contains(.dma) ? .dma : flags.contains(.dma32) ? .dma32 : .normal
    #expect(try wide.zone(of: wideFrame).type == expected)
  }

  @Test(arguments: rows.filter(\.reclaims))
  func `who may sleep is refused in atomic context`(row: GFPRow) throws {
    let flags = try GFPFlags(parsing: row.name)
    var machine = try Self.smallMachine()
    machine.context.isAtomic = true
    #expect(throws: MachineError.sleepInAtomicContext(flags)) {
      try machine.allocatePages(flags: flags)
    }
  }

  @Test(arguments: GFPTests.rows.filter { !$0.reclaims })
  func `who may not sleep is served in atomic context`(row: GFPRow) throws {
    let flags = try GFPFlags(parsing: row.name)
    var machine = try Self.smallMachine()
    machine.context.isAtomic = true
    #expect(throws: Never.self) { try machine.allocatePages(flags: flags) }
  }

  @Test func `every flag and type has a row`() {
    let names = Set(Self.rows.map(\.name))
    for (name, _) in GFPFlags.types + GFPFlags.actions where name != "__GFP_NOFAIL" {
      #expect(names.contains(name), "\(name) has no row")
    }
  }

  @Test func `NOFAIL takes what others may not, ends others, and only then hangs`() throws {
    var machine = try Self.smallMachine()
    var held: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages() { held.append(frame) }
    #expect(machine.freeFrames == 64)
    let flags: GFPFlags = [.kernel, .noFail]
    for _ in 0..<32 { held.append(try machine.allocatePages(flags: flags)) }
    #expect(machine.freeFrames == 32)
    #expect(throws: MachineError.deadlock(order: 0, flags: flags)) {
      try machine.allocatePages(flags: flags)
    }
    let victim = held
    var ended = 0
    machine.outOfMemoryHandler = { machine, _ in
      guard ended < victim.count else { return false }
      try? machine.freePages(victim[ended])
      ended += 1
      return true
    }
    #expect(throws: Never.self) { try machine.allocatePages(flags: flags) }
    #expect(ended > 0)
  }

  @Test func `who frees memory with it has the last frame and never reclaims`() throws {
    var machine = try Self.smallMachine()
    machine.context.freesMemory = true
    var count = 0
    while (try? machine.allocatePages(flags: .kernel)) != nil { count += 1 }
    #expect(count == 4096)
    #expect(machine.events.stalls == 0)
  }

  @Test func `a victim of the out-of-memory killer has half of the reserve`() throws {
    var machine = try Self.smallMachine()
    machine.context.isOutOfMemoryVictim = true
    while (try? machine.allocatePages(flags: .kernel)) != nil {}
    #expect(machine.freeFrames == 32)
  }

  @Test func `of several zones that would do the lowest is meant`() {
    #expect(GFPFlags([.dma, .dma32, .highMemory]).highestZone == .dma)
    #expect(GFPFlags([.dma32, .highMemory]).highestZone == .dma32)
  }

  @Test(arguments: [(Order(3), 16), (Order(4), 1)])
  func `above order 3 one round of reclaim is all`(order: Order, rounds: Int) throws {
    var machine = try Self.smallMachine()
    var held: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: .memoryReserves) { held.append(frame) }
    // Half of memory is free, and no two frames side by side: reclaim has nothing to add.
    for frame in held where frame.index % 2 == 0 { try machine.freePages(frame) }
    let before = machine.events.stalls
    let flags = GFPFlags.kernel
    #expect(throws: MachineError.outOfMemory(order: order, flags: flags)) {
      try machine.allocatePages(order: order, flags: flags)
    }
    #expect(machine.events.stalls - before == rounds)
  }

  @Test func `large blocks fail early and nobody is ended for them`() throws {
    var machine = try Self.smallMachine()
    machine.outOfMemoryHandler = { _, _ in true }
    while (try? machine.allocatePages(order: 4)) != nil {}
    #expect(machine.events.outOfMemory == 0)
  }

  @Test func `nothing is kept of the first zone that a request finds on its own node`() throws {
    for (ram, nodes) in [(8, 1), (64, 2), (6144, 1), (6144, 3), (16384, 4)] {
      let machine = try Machine(.x86_64(ram: .mebibytes(ram), nodes: nodes))
      for node in 0..<nodes {
        for highest in ZoneType.allCases {
          let list = try machine.zoneList(of: NodeNumber(node), highest: highest)
          guard let first = list.first, first.rawValue >> 2 == node else { continue }
          #expect(machine.zones[first.rawValue].lowmemReserve(against: highest) == 0)
        }
      }
    }
  }

  @Test func `lower zones are kept from requests that could use higher ones`() throws {
    var layout = MachineLayout.x86_64(ram: .gibibytes(8))
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    let dma = try machine.zone(.dma)
    let dma32 = try machine.zone(.dma32)
    let normal = try machine.zone(.normal)
    #expect(dma.lowmemReserve(against: .normal) == (dma32.managed + normal.managed) / 256)
    #expect(dma.lowmemReserve(against: .dma32) == dma32.managed / 256)
    #expect(dma32.lowmemReserve(against: .normal) == normal.managed / 256)
    #expect(normal.lowmemReserve(against: .normal) == 0)
    while (try? machine.allocatePages(order: 4, flags: [])) != nil {}
    while (try? machine.allocatePages(flags: [])) != nil {}
    #expect(
      try machine.zone(.dma32).free == dma32.watermarks.min + dma32.lowmemReserve(against: .normal))
    #expect(
      try machine.zone(.dma).free
        == min(dma.free, dma.watermarks.min + dma.lowmemReserve(against: .normal)))
  }

  @Test func `flags read as they are written`() throws {
    for (name, flags) in GFPFlags.types + GFPFlags.actions {
      #expect(try GFPFlags(parsing: name) == flags)
      #expect(try GFPFlags(parsing: flags.description) == flags)
    }
    #expect("\(GFPFlags.kernel.union(.zero))" == "GFP_KERNEL|__GFP_ZERO")
    #expect(throws: MachineError.unknownFlag("GFP_KERNAL")) {
      try GFPFlags(parsing: "GFP_KERNAL|__GFP_ZERO")
    }
    #expect(throws: MachineError.unknownFlag("")) { try GFPFlags(parsing: "") }
  }
}
