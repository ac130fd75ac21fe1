// SPDX-License-Identifier: MIT

import Glibc
import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct BootTests {
  @Test func `a frame record has 64 bytes`() {
    #expect(MemoryLayout<PageFrame>.size == 64)
    #expect(MemoryLayout<PageFrame>.stride == 64)
    #expect(MemoryLayout<PageFrame>.offset(of: \.links) == PageFrame.linksOffset)
  }

  /// Resident pages of this process.
  static func residentBytes() throws -> Int {
    let words = try KernelView.read("/proc/self/statm").split(separator: " ")
    return try #require(Int(words[1])) * Int(getpagesize())
  }

  @Test func `a machine of 1 TiB takes less than 20 MiB when it is booted`() throws {
    let before = try Self.residentBytes()
    let machine = try Machine(.x86_64(ram: .tebibytes(1), nodes: 4, cpus: 8))
    let after = try Self.residentBytes()
    #expect(machine.presentFrames == 1 << 28)
    #expect(machine.freeFrames == 1 << 28)
    #expect(after - before < 20 << 20, "\(after - before) bytes")
    #expect(machine.checkInvariants() == [])
    let touched = machine.frames[PageFrameNumber(1 << 27)]
    #expect(touched.isUntouched)
  }

  @Test func `a 32-bit machine has DMA, NORMAL and HIGHMEM where the processor's addresses end`()
    throws
  {
    let machine = try Machine(.i386(ram: .gibibytes(4)))
    let zones = machine.populatedZones
    #expect(zones.map(\.type) == [.dma, .normal, .highMemory])
    #expect(zones.map(\.start.rawValue) == [0, 4096, 229_376])
    #expect(zones.map(\.end.rawValue) == [4096, 229_376, 1 << 20])
    #expect(machine.address(of: 0) == KernelAddress(rawValue: 0xC000_0000))
    #expect(machine.address(of: 229_375) == KernelAddress(rawValue: 0xF7FF_F000))
    #expect(machine.address(of: 229_376) == nil)
    #expect(machine.plan.vmalloc.lowerBound.rawValue == 0xF880_0000)
  }

  @Test func `a 64-bit machine has DMA, DMA32 and NORMAL`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(16), nodes: 2, cpus: 4))
    #expect(
      machine.populatedZones.map { "\($0.node)/\($0.type)" }
        == ["0/DMA", "0/DMA32", "0/Normal", "1/Normal"])
    #expect(try machine.zone(.normal, of: 1).present == 1 << 21)
    #expect(try machine.zone(.highMemory).present == 0)
    #expect(machine.address(of: 1) == KernelAddress(rawValue: 0xFFFF_8880_0000_1000))
  }

  @Test func `zone lists fall back by distance and then from the asking node on`() throws {
    var layout = MachineLayout.x86_64(ram: .gibibytes(32), nodes: 4, cpus: 4)
    layout.distances = [
      [10, 20, 30, 20], [20, 10, 20, 30], [30, 20, 10, 20], [20, 30, 20, 10],
    ]
    let machine = try Machine(layout)
    func nodes(_ node: NodeNumber) throws -> [Int] {
      var seen: [Int] = []
      for zone in try machine.zoneList(of: node, highest: .normal)
      where seen.last != zone.rawValue / 4 {
        seen.append(zone.rawValue / 4)
      }
      return seen
    }
    #expect(try nodes(0) == [0, 1, 3, 2])
    #expect(try nodes(1) == [1, 2, 0, 3])
    #expect(try nodes(2) == [2, 3, 1, 0])
    let dma = ZoneNumber(.dma, of: 0)
    #expect(try machine.zoneList(of: 3, highest: .dma) == [dma])
  }

  @Test func `holes are never handed out`() throws {
    let layout = MachineLayout(
      .x86_64,
      ranges: [
        .init(start: PhysicalAddress(rawValue: 0), size: .kibibytes(640)),
        .init(start: PhysicalAddress(rawValue: 1 << 20), size: .mebibytes(20)),
        .init(start: PhysicalAddress(rawValue: 1 << 40), size: .mebibytes(5)),
      ])
    var machine = try Machine(layout)
    try machine.setMinFree(kibibytes: 0)
    #expect(machine.checkInvariants() == [])
    var frames: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: .memoryReserves) { frames.append(frame) }
    #expect(frames.count == 160 + 5120 + 1280)
    #expect(frames.allSatisfy { machine.isRAM($0) })
    #expect(Set(frames).count == frames.count)
    let holeIsRAM = machine.isRAM(160)
    #expect(!holeIsRAM)
    #expect(machine.checkInvariants() == [])
    for frame in frames { try machine.freePages(frame) }
    machine.drainPerCPUPages()
    #expect(machine.buddyinfo == (try Machine(layout)).buddyinfo)
  }

  @Test func `impossible machines throw errors that name what is wrong`() throws {
    func error(_ layout: MachineLayout) -> MachineError? {
      do throws(MachineError) {
        _ = try Machine(layout)
        return nil
      } catch {
        return error
      }
    }
    func range(_ start: UInt64, _ size: Int, node: NodeNumber = 0) -> MachineLayout.Range {
      .init(start: PhysicalAddress(rawValue: start), size: ByteCount(size), node: node)
    }
    #expect(error(.x86_64(ram: 0)) == .noMemory(0))
    #expect(error(.i386(ram: 0)) == .noMemory(0))
    #expect(error(.x86_64(ram: 4095)) == .noMemory(4095))
    #expect(error(.i386(ram: -4096)) != nil)
    #expect(error(.x86_64(ram: ByteCount(.max))) != nil)
    #expect(error(.i386(ram: .gibibytes(65))) != nil)
    #expect(error(.x86_64(ram: 8192, nodes: 3)) == .invalidNodeCount(3, frames: 2))
    #expect(error(.x86_64(ram: .gibibytes(1), nodes: 0)) == .invalidNodeCount(0, frames: 0))
    #expect(error(.x86_64(ram: .gibibytes(1), nodes: 65)) != nil)
    #expect(error(.x86_64(ram: .gibibytes(1), cpus: 0)) == .invalidProcessorCount(0))
    #expect(error(.x86_64(ram: .gibibytes(1), cpus: -1)) == .invalidProcessorCount(0))
    #expect(error(MachineLayout(.x86_64, ranges: [])) == .noMemory(0))
    #expect(error(MachineLayout(.x86_64, ranges: [range(100, 4096)])) != nil)
    #expect(error(MachineLayout(.x86_64, ranges: [range(0, 8192), range(4096, 8192)])) != nil)
    #expect(error(MachineLayout(.x86_64, ranges: [range(.max - 4095, 8192)])) != nil)
    #expect(
      error(MachineLayout(.x86_64, ranges: [range(0, 8192, node: 7)])) == .noSuchNode(7))
    var layout = MachineLayout.x86_64(ram: .gibibytes(1), nodes: 2)
    layout.distances = [[10]]
    #expect(error(layout) == .invalidDistances)
    // Numbers in variables: a literal is an order by itself.
    for number in [-1, 11, .max] {
      #expect(throws: MachineError.invalidOrder(number)) { try Order(number) }
    }
    #expect(throws: MachineError.invalidSize(0)) { try Order(holding: 0) }
    #expect(try Order(holding: 4097) == 1)
    #expect(error(.x86_64(ram: 4096)) == nil)
    #expect("\(MachineError.invalidOrder(11))".contains("11"))
  }
}
