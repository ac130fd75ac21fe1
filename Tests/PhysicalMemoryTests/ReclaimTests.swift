// SPDX-License-Identifier: MIT

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

/// Page tables of one address space, as simple as can be: who maps a frame, and what is in swap.
final class ToyPageTables {
  enum Entry: Equatable {
    case frame(PageFrameNumber)
    case slot(SwapSlot)
  }

  var entries: [Int: Entry] = [:]
  var pages: [PageFrameNumber: Int] = [:]
  var used: Set<Int> = []

  func map(_ frame: PageFrameNumber, at page: Int, _ machine: inout Machine) {
    entries[page] = .frame(frame)
    pages[frame] = page
    machine.frames[frame].mapCount = 1
  }

  func owner() -> PageTableOwner {
    PageTableOwner(
      testAndClearReferenced: { _, frame in self.used.remove(self.pages[frame] ?? -1) != nil },
      unmap: { machine, frame, slot in
        guard let page = self.pages.removeValue(forKey: frame), let slot else { return false }
        self.entries[page] = .slot(slot)
        try! machine.addUser(slot)
        machine.frames[frame].mapCount = 0
        return true
      })
  }

  /// The first byte of a page, after a fault where it is in swap.
  func read(_ page: Int, _ machine: inout Machine) throws -> UInt8? {
    switch entries[page] {
    case .frame(let frame): return try machine.withBytes(of: frame) { $0[0] }
    case .slot(let slot):
      let frame = try machine.swapIn(slot)
      map(frame, at: page, &machine)
      try machine.removeUser(slot)
      return try machine.withBytes(of: frame) { $0[0] }
    case nil: return nil
    }
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
    let isBalanced = machine.isBalanced(0, 0, ZoneType.normal.rawValue)
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
    let tables = ToyPageTables()
    machine.pageTables = tables.owner()
    for page in 0..<12_000 {
      let frame = try machine.allocateAnonymous(owner: 1, index: UInt64(page))
      try machine.withBytes(of: frame) { bytes in bytes[0] = UInt8(page % 253) }
      tables.map(frame, at: page, &machine)
    }
    #expect(machine.events.swappedOut >= 12_000 - machine.presentFrames)
    try #require(machine.checkInvariants() == [])
    for page in 0..<12_000 {
      let byte = try tables.read(page, &machine)
      try #require(byte == UInt8(page % 253), "page \(page)")
    }
    #expect(machine.events.swappedIn > 0)
    try #require(machine.checkInvariants() == [])
    // Everything goes: nothing is left in memory or in swap.
    for (_, entry) in tables.entries {
      switch entry {
      case .frame(let frame):
        machine.frames[frame].mapCount = 0
        machine.freeAnonymous(frame)
      case .slot(let slot): try machine.removeUser(slot)
      }
    }
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
    try machine.startWrite(frame)
    let scan = Scan(
      priority: 0, highest: ZoneType.normal.rawValue, flags: .kernel, byKswapd: false)
    for _ in 0..<3 { _ = machine.shrink(0, scan) }
    let during = try machine.record(of: frame).flags
    #expect(during.isSuperset(of: [.allocated, .writeBack]))
    #expect(machine.checkInvariants() == [])
    machine.tick(2)
    for _ in 0..<3 { _ = machine.shrink(0, scan) }
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
      let tables = ToyPageTables()
      machine.pageTables = tables.owner()
      let file = try machine.createFile(pages: 9000)
      var generator = machine.chance
      for page in 0..<9000 {
        _ = try machine.readPage(file, Int.random(in: 0..<9000, using: &generator))
        if page % 3 == 0 {
          let frame = try machine.allocateAnonymous(owner: 1, index: UInt64(page))
          tables.map(frame, at: page, &machine)
        }
        if page % 100 == 0 { machine.tick() }
      }
      return machine.buddyinfo + machine.zoneinfo + machine.meminfo + "\(machine.events)"
    }
    #expect(try run() == run())
  }
}
