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

  /// A line with every number replaced by 0, and every space kept.
  static func columns(_ line: some StringProtocol) -> String {
    var columns = ""
    for character in line {
      let next: Character = character.isNumber && character.isASCII ? "0" : character
      if next == "0", columns.last == "0" { continue }
      columns.append(next)
    }
    return columns
  }

  /// The name and the value of a line of /proc/meminfo, if its columns are right: names in 16
  /// characters, values in 8 or as many as they take.
  static func meminfoLine(_ line: Substring) -> (name: String, value: Int)? {
    guard let colon = line.firstIndex(of: ":"), line.hasSuffix(" kB") else { return nil }
    let figures = line.dropLast(3)
    guard let gap = figures.lastIndex(where: { !$0.isNumber }) else { return nil }
    let digits = figures[figures.index(after: gap)...]
    guard let value = Int(digits), line.count == 16 + max(8, digits.count) + 3,
      line[line.index(after: colon)..<digits.startIndex].allSatisfy({ $0 == " " })
    else { return nil }
    return (String(line[..<colon]), value)
  }

  @Test func `meminfo has names, order and columns of the running kernel's`() throws {
    let machine = try Machine(.x86_64(ram: .gibibytes(8)))
    var kernel: [String] = []
    for line in try KernelView.read("/proc/meminfo").split(separator: "\n")
    where line.hasSuffix(" kB") {
      kernel.append(try #require(Self.meminfoLine(line), "the kernel's own: \(line)").name)
    }
    // Some kernels are built without them, or print them no more.
    let mayBeMissing: Set<String> = ["NFS_Unstable", "Bounce", "WritebackTmp", "HardwareCorrupted"]
    var ours: [String] = []
    for line in machine.meminfo.split(separator: "\n") {
      let (name, _) = try #require(Self.meminfoLine(line), "\(line)")
      #expect(kernel.contains(name) || mayBeMissing.contains(name), "\(line)")
      ours.append(name)
    }
    #expect(ours.filter(kernel.contains) == kernel.filter(ours.contains))
    #expect(Self.meminfoLine("MemTotal:         8388608 kB") == nil, "a space too many is seen")
    #expect(machine.meminfo.hasPrefix("MemTotal:        8388608 kB\nMemFree:         8388608 kB\n"))
    #expect(machine.meminfo("MemFree") == machine.freeFrames)
    #expect(machine.availableFrames < machine.freeFrames)
  }

  /// Lines that a kernel may lack: without NUMA, without some zone, before they were there or since
  /// they are no more.
  static let optionalInZoneinfo: Set<String> = [
    "numa_hit 0", "numa_miss 0", "numa_foreign 0", "numa_interleave 0", "numa_local 0",
    "numa_other 0", "nr_swapcached 0", "nr_writeback_temp 0", "nr_sec_page_table_pages 0",
    "high_min: 0", "high_max: 0",
    "vm stats threshold: 0", "cpu: 0", "Node 0, zone DMA", "Node 0, zone DMA0",
    "Node 0, zone Normal", "Node 0, zone Movable",
  ]

  /// What is wrong with lines that should be as a kernel's are.
  static func strangers(in text: String, kernel: Set<String>) -> [String] {
    text.split(separator: "\n").map { columns($0.prefix { $0 != "(" }) }.filter { line in
      guard !kernel.contains(line) else { return false }
      let words = line.split(separator: " ").joined(separator: " ")
      guard optionalInZoneinfo.contains(words) else { return true }
      // Even where the kernel has no such line, counters stand in the columns of all others.
      let name = words.prefix { $0 != " " }
      return (name.hasPrefix("nr_") || name.hasPrefix("numa_"))
        && line != "      " + name + String(repeating: " ", count: max(0, 12 - name.count)) + " 0"
    }
  }

  @Test func `zoneinfo has names, order and columns of the running kernel's`() throws {
    var machine = try Machine(.x86_64(ram: .gibibytes(8), cpus: 2))
    let lines = try KernelView.read("/proc/zoneinfo").split(separator: "\n")
    let kernel = lines.map { Self.columns($0.prefix { $0 != "(" }) }
    let text = machine.zoneinfo
    #expect(Self.strangers(in: text, kernel: Set(kernel)) == [])
    for wrong in [
      "      nr_mapped     0", "      nr_nothing   0", "      numa_hit  0", "        free     0",
      "  node_reclaimable:  0",
    ] {
      #expect(Self.strangers(in: wrong, kernel: Set(kernel)) == [wrong], "nothing was noticed")
    }
    // Counters of nodes and zones stand in the kernel's order.
    func counters(_ lines: [String]) -> [String] {
      var names: [String] = []
      for line in lines where line.hasPrefix("      nr_") && !names.contains(line) {
        names.append(line)
      }
      return names
    }
    let ours = counters(text.split(separator: "\n").map(Self.columns))
    let theirs = counters(kernel)
    #expect(ours.filter(theirs.contains) == theirs.filter(ours.contains))
    #expect(ours.count > 40)
    #expect(text.contains("Node 0, zone    DMA32\n  pages free     1044480\n"))
    // 1/256 of DMA32 and Normal, whose frames are 1,044,480 and 1,048,576.
    #expect(text.contains("        protection: (0, 4080, 8176, 8176)\n"))
    // What is shown moves with what it shows.
    let before = try machine.zone(.normal).free
    _ = try machine.allocatePages(order: 4)
    #expect(before == 1_048_576)
    #expect(machine.zoneinfo.contains("      nr_free_pages \(before - 16)\n"))
  }

  @Test func `NUMA counters tell who was served where`() throws {
    var layout = MachineLayout.x86_64(ram: .mebibytes(64), nodes: 2, cpus: 2)
    layout.usesPerCPUPages = false
    var machine = try Machine(layout)
    // Processor 0 on node 0: three at home, two on purpose from node 1.
    for _ in 0..<3 { _ = try machine.allocatePages() }
    for _ in 0..<2 { _ = try machine.allocatePages(node: 1) }
    #expect(try machine.zone(.dma32).hits == 3)
    #expect(try machine.zone(.dma32).locals == 3)
    #expect(try machine.zone(.dma32, of: 1).hits == 2)
    #expect(try machine.zone(.dma32, of: 1).locals == 0)
    #expect(try machine.zone(.dma32, of: 1).others == 2)
    #expect(try machine.zone(.dma32, of: 1).misses == 0)
    // Node 0 runs dry: what should have come from it is foreign there, and a miss on node 1.
    var frames: [PageFrameNumber] = []
    while frames.last.map({ $0.index < 8192 }) ?? true {
      frames.append(try machine.allocatePages(flags: .noWait))
    }
    for _ in 0..<4 { _ = try machine.allocatePages(flags: .noWait) }
    #expect(try machine.zone(.dma32, of: 1).misses == 5)
    #expect(try machine.zone(.dma32, of: 1).others == 7)
    #expect(try machine.zone(.dma32).foreign == 5)
    #expect(try machine.zone(.dma32).misses == 0)
    #expect(machine.events.otherNode == 5)
    #expect(machine.zoneinfo.contains("      numa_miss    5\n      numa_foreign 0\n"))
    #expect(machine.zoneinfo.contains("      numa_foreign 5\n"))
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
