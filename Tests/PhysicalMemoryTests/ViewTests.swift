// SPDX-License-Identifier: MIT

// The formats are compared with the running kernel's own files, whose lines have the same shape.

import Instruments
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct ViewTests {
  /// A line with every number replaced by 0 and runs of spaces by one, so that shapes compare.
  static func shape(_ line: some StringProtocol) -> String {
    var shape = ""
    for character in line {
      let next: Character = character.isNumber ? "0" : character
      if (next == "0" && shape.last == "0") || (next == " " && shape.last == " ") { continue }
      shape.append(next)
    }
    return shape
  }

  @Test func `buddyinfo has the running kernel's columns`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(8)))
    let ours = machine.buddyinfo.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      ours[0]
        == "Node 0, zone      DMA      0      0      0      0      0      0      0      0      0      0      4 "
    )
    #expect(ours[2].hasPrefix("Node 0, zone   Normal "))
    let kernel = try KernelView.read("/proc/buddyinfo").split(separator: "\n")
    let theirs = try #require(kernel.first { $0.contains("Normal") })
    #expect(Self.shape(ours[2]) == Self.shape(theirs))
    // Columns of 6 characters and a space, as long as a number is no wider.
    #expect(ours[0].count == 22 + 11 * 7)
  }

  @Test func `meminfo has lines of the running kernel's`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(8)))
    let kernel = Set(
      try KernelView.read("/proc/meminfo").split(separator: "\n").map(Self.shape))
    let mayBeMissing: Set<String> = ["NFS_Unstable", "HardwareCorrupted"]
    for line in machine.meminfo.split(separator: "\n") {
      let name = String(line.prefix { $0 != ":" })
      #expect(kernel.contains(Self.shape(line)) || mayBeMissing.contains(name), "\(line)")
    }
    #expect(machine.meminfo.hasPrefix("MemTotal:        8388608 kB\nMemFree:         8388608 kB\n"))
    #expect(machine.meminfo("MemFree") == machine.freeFrames)
    #expect(machine.availableFrames < machine.freeFrames)
  }

  @Test func `zoneinfo has lines of the running kernel's`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(8), cpus: 2))
    let kernel = Set(
      try KernelView.read("/proc/zoneinfo").split(separator: "\n").map { line in
        Self.shape(line.prefix { $0 != "(" })
      })
    // Names that kernels before or after 6.12, or without some option, leave out.
    let mayBeMissing = [
      "nr_zone_", "numa_", "nr_foll", "cma", "nr_free_cma", "zone Movable", "zone DMA",
      "zone Normal",
      "nr_sec_page", "workingset", "pagesets", "nr_swapcached", "nr_", "node_unreclaimable",
      "vm stats", "high_m",
    ]
    for line in machine.zoneinfo.split(separator: "\n") {
      let shape = Self.shape(line.prefix { $0 != "(" })
      #expect(
        kernel.contains(shape) || mayBeMissing.contains { shape.contains($0) }, "\(line)")
    }
    let text = machine.zoneinfo
    #expect(text.contains("Node 0, zone    DMA32\n  pages free     1044480\n"))
    // 1/256 of DMA32 and Normal, whose frames are 1,044,480 and 1,048,576.
    #expect(text.contains("        protection: (0, 4080, 8176, 8176)\n"))
  }

  @Test func `the unusable free space index is 0 in whole blocks and grows with fragmentation`()
    throws
  {
    var layout = MachineLayout.x86_64(ram: .mebibytes(16))
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    #expect(machine.unusableFreeSpace(.largest, in: try machine.zone(.dma)) == 0)
    var held: [PageFrameNumber] = []
    while let frame = try? machine.allocatePages(flags: .memoryReserves) { held.append(frame) }
    for frame in held where frame.rawValue % 2 == 0 { try machine.freePages(frame) }
    #expect(machine.unusableFreeSpace(0, in: try machine.zone(.dma)) == 0)
    #expect(machine.unusableFreeSpace(1, in: try machine.zone(.dma)) == 1)
    #expect(machine.freeFrames == 2048)
  }
}
