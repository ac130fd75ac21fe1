// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

/// A process whose pages are written and read one by one.
struct PagedProcess {
  let number: ProcessNumber
  let start: UserAddress

  init(pages: Int, _ machine: inout Machine) throws {
    number = try machine.spawn("paged")
    start = try machine.tamalloc(ByteCount(pages * 4096), in: number)
  }

  /// Writes the first byte of a page.
  func write(_ byte: UInt8, _ page: Int, _ machine: inout Machine) throws {
    try machine.write([byte], at: start + ByteCount(page * 4096), in: number)
  }

  /// The first byte of a page.
  func read(_ page: Int, _ machine: inout Machine) throws -> UInt8 {
    try machine.read(1, at: start + ByteCount(page * 4096), in: number)[0]
  }
}

@Suite struct ReclaimTests {
  static func machine(swap: ByteCount = 0, seed: UInt64 = 1) throws -> Machine {
    var layout = MachineLayout.x86_64(ram: .mebibytes(32))
    layout.swap = swap
    layout.seed = seed
    return try Machine(layout)
  }

  @Test func `kswapd is woken at low, works as time passes, and stops at high`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 20_000)
    var page = 0
    while machine.events.kswapdWakes == 0 {
      _ = try machine.readPage(file, page)
      page += 1
    }
    let zones = machine.populatedZones
    #expect(try machine.kswapd(of: 0).isAwake)
    for zone in zones {
      let reserve = zone.lowmemReserve(against: .normal)
      #expect(
        zone.free <= max(zone.watermarks.low + reserve, 0), "\(zone.type): \(zone.free)")
      #expect(zone.free >= zone.watermarks.min)
    }
    #expect(machine.events.stalls == 0, "nobody had to reclaim for himself yet")
    machine.tick()
    #expect(try !machine.kswapd(of: 0).isAwake)
    let isBalanced = machine.reclaim.isBalanced(0, 0, ZoneType.normal.rawValue, machine.pages)
    #expect(isBalanced)
    // By hand: above low alone is not enough.
    let isAboveHigh = machine.populatedZones.contains {
      $0.free > $0.watermarks.high + $0.lowmemReserve(against: .normal)
    }
    #expect(isAboveHigh)
    #expect(machine.events.kswapdReclaimed > 0)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `reading a file larger than memory succeeds by direct reclaim alone`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 20_000)
    for page in 0..<20_000 { _ = try machine.readPage(file, page) }
    #expect(machine.events.pagesIn == 20_000)
    #expect(machine.events.directReclaimed > 0)
    #expect(machine.checkInvariants() == [])
    try machine.remove(file)
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `what is written to a file is read back after its pages were reclaimed`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 16_000)
    for page in 0..<16_000 {
      let frame = try machine.readPage(file, page)
      try machine.withBytes(of: frame) { bytes in bytes[7] = UInt8(page % 251) }
      try machine.markDirty(frame)
    }
    #expect(machine.checkInvariants() == [])
    #expect(machine.events.pagesOut > 8000)
    try machine.sync()
    #expect(machine.count(.dirty) == 0)
    #expect(machine.pendingWrites == 0)
    for page in 0..<16_000 {
      let frame = try machine.readPage(file, page)
      let byte = try machine.withBytes(of: frame) { $0[7] }
      try #require(byte == UInt8(page % 251), "page \(page)")
    }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `writing costs time`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 320)
    for page in 0..<320 { try machine.markDirty(try machine.readPage(file, page)) }
    #expect(machine.clock.now == 0)
    try machine.sync()
    #expect(machine.clock.now == 320 / WriteBackQueue.pagesPerTick)
  }

  @Test func `anonymous pages go to swap and come back as they were`() throws {
    var machine = try Self.machine(swap: .mebibytes(64))
    let process = try PagedProcess(pages: 12_000, &machine)
    for page in 0..<12_000 { try process.write(UInt8(page % 253), page, &machine) }
    #expect(machine.events.swappedOut >= 12_000 - machine.presentFrames)
    try #require(machine.checkInvariants() == [])
    for page in 0..<12_000 {
      let byte = try process.read(page, &machine)
      try #require(byte == UInt8(page % 253), "page \(page)")
    }
    #expect(machine.events.swappedIn > 0)
    try #require(machine.checkInvariants() == [])
    // Everything goes: nothing is left in memory or in swap.
    try machine.exit(process.number)
    while machine.pendingWrites > 0 { machine.tick() }
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames)
    #expect(machine.swapSlots.free == machine.swapSlots.all)
    #expect(machine.count(.anonymousPages) == 0)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `pages that are used again stay when others go`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 30_000)
    for page in 0..<1000 { _ = try machine.readPage(file, page) }
    for _ in 0..<2 { for page in 0..<1000 { _ = try machine.readPage(file, page) } }
    #expect(machine.count(.activeFile) == 1000)
    for page in 1000..<12_000 { _ = try machine.readPage(file, page) }
    let kept = (0..<1000).count { machine.cachedPage(file, $0) != nil }
    let once = (1000..<2000).count { machine.cachedPage(file, $0) != nil }
    #expect(kept > once, "\(kept) of those used often, \(once) of those read once")
  }

  @Test func `a page on the way to its device is not freed`() throws {
    var machine = try Self.machine()
    let file = try machine.createFile(pages: 4)
    let frame = try machine.readPage(file, 0)
    try machine.markDirty(frame)
    try machine.store.startWrite(frame, &machine.pages)
    let scan = Scan(
      priority: 0, highest: ZoneType.normal.rawValue, flags: .kernel, byKswapd: false)
    for _ in 0..<3 {
      _ = machine.reclaim.shrink(0, scan, &machine.pages, &machine.store, &machine.spaces)
    }
    let during = try machine.record(of: frame).flags
    #expect(during.isSuperset(of: [.allocated, .writeBack]))
    #expect(machine.checkInvariants() == [])
    machine.tick(2)
    for _ in 0..<3 {
      _ = machine.reclaim.shrink(0, scan, &machine.pages, &machine.store, &machine.spaces)
    }
    let after = try machine.record(of: frame).flags
    #expect(!after.contains(.allocated))
    #expect(machine.checkInvariants() == [])
  }

  @Test func `without io nothing is written, without fs no file`() throws {
    for (flags, writes) in [(GFPFlags.noIO, false), (.noFS, false), (.kernel, true)] {
      var machine = try Self.machine()
      let file = try machine.createFile(pages: 20_000)
      var page = 0
      // Dirty pages everywhere; the writing of old pages is left out by letting no time pass.
      while let frame = try? machine.readPage(file, page, flags: [.highMemory, .movable]) {
        try machine.markDirty(frame)
        page += 1
      }
      let frame = try? machine.allocatePages(flags: flags)
      #expect((machine.events.pagesOut > 0) == writes, "\(flags)")
      #expect((frame != nil) == writes, "\(flags)")
      #expect(machine.checkInvariants() == [])
    }
  }

  @Test func `shrinkers are asked and what they free counts`() throws {
    var machine = try Self.machine()
    try machine.setMinFree(kibibytes: 512)
    var held: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: .noWait) { held.append(frame) }
    final class Hoard { var frames: [PageFrameNumber] = [] }
    let hoard = Hoard()
    hoard.frames = held
    let number = machine.register(
      Shrinker(name: "hoard", count: { _ in hoard.frames.count }) { machine, count, _ in
        for _ in 0..<count { try? machine.freePages(hoard.frames.removeLast()) }
        return count
      })
    _ = try machine.allocatePages(flags: .kernel)
    #expect(machine.events.shrunk >= 32)
    machine.unregister(number)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `the same calls on the same machine have the same results`() throws {
    func run() throws -> String {
      var machine = try Self.machine(swap: .mebibytes(16), seed: 9)
      let process = try PagedProcess(pages: 9000, &machine)
      let file = try machine.createFile(pages: 9000)
      var generator = machine.chance
      for page in 0..<9000 {
        _ = try machine.readPage(file, Int.random(in: 0..<9000, using: &generator))
        if page % 3 == 0 { try process.write(1, page, &machine) }
        if page % 100 == 0 { machine.tick() }
      }
      return machine.buddyinfo + machine.zoneinfo + machine.meminfo + "\(machine.events)"
    }
    #expect(try run() == run())
  }
}
