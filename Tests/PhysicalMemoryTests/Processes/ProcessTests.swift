// SPDX-License-Identifier: MIT

import Foundation
import Pages
import Testing

@testable import PhysicalMemory

@Suite struct ProcessTests {
  static func machine(_ ram: ByteCount = .mebibytes(64), swap: ByteCount = 0) throws -> Machine {
    var layout = MachineLayout.x86_64(ram: ram)
    layout.swap = swap
    return try Machine(layout)
  }

  @Test func `what is promised costs nothing, reading maps the zero page, writing commits`() throws
  {
    var machine = try Self.machine()
    let process = try machine.spawn("lazy")
    let address = try machine.tamalloc(.mebibytes(48), in: process)
    #expect(try machine.process(process).reserved == 48 << 8)
    #expect(try machine.process(process).resident == 0)
    #expect(try machine.read(8192, at: address, in: process) == Array(repeating: 0, count: 8192))
    #expect(try machine.process(process).resident == 0)
    #expect(machine.spaces.zeroMappings == 2)
    try machine.write([5], at: address + 4096, in: process)
    #expect(try machine.process(process).resident == 1)
    #expect(machine.spaces.zeroMappings == 1)
    #expect(try machine.read(1, at: address + 4096, in: process) == [5])
    #expect(try machine.read(1, at: address + 4097, in: process) == [0])
    // Root apart: one for each level, and two leaves, as 2 MiB end between the two pages.
    #expect(try machine.process(process).pageTables == 4)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `a frame that was used comes zeroed`() throws {
    var machine = try Self.machine(.mebibytes(16))
    let first = try machine.spawn("first")
    let one = try machine.tamalloc(.mebibytes(8), in: first)
    for page in 0..<2048 {
      try machine.write([255], at: one + ByteCount(page * 4096), in: first)
    }
    try machine.exit(first)
    let second = try machine.spawn("second")
    let two = try machine.tamalloc(.mebibytes(8), in: second)
    try machine.touch(.mebibytes(8), at: two, in: second, writing: true)
    let bytes = try machine.read(.mebibytes(8), at: two, in: second)
    #expect(bytes.allSatisfy { $0 == 0 })
  }

  @Test func `a fork shares until one writes, and the last one keeps the frame`() throws {
    var machine = try Self.machine()
    let parent = try machine.spawn("parent")
    let address = try machine.tamalloc(12_288, in: parent)
    try machine.write([1], at: address, in: parent)
    try machine.write([2], at: address + 4096, in: parent)
    _ = try machine.read(1, at: address + 8192, in: parent)
    let frame = try machine.fault(parent, address.rawValue >> 12, writing: false)
    let child = try machine.fork(parent)
    #expect(machine.frames[frame].mapCount == 2)
    #expect(machine.frames[frame].flags.contains(.shared))
    #expect(try machine.fault(child, address.rawValue >> 12, writing: false) == frame)
    // As reclaim does now and then: the fault finds an entry that was not accessed.
    _ = machine.spaces.testAndClearReferenced(frame, machine.pages)
    let allocations = machine.events.fast
    try machine.write([9], at: address, in: child)
    #expect(machine.events.fast == allocations + 1, "one copy takes one frame")
    #expect(machine.frames[frame].mapCount == 1)
    #expect(!machine.frames[frame].flags.contains(.shared))
    #expect(try machine.read(1, at: address, in: parent) == [1])
    #expect(try machine.read(1, at: address, in: child) == [9])
    // The parent writes to what is its own now: no copy.
    try machine.write([3], at: address, in: parent)
    #expect(try machine.fault(parent, address.rawValue >> 12, writing: true) == frame)
    #expect(try machine.process(child).parent == parent)
    #expect(machine.checkInvariants() == [])
    try machine.exit(parent)
    #expect(try machine.read(2, at: address + 4095, in: child) == [0, 2])
    #expect(machine.checkInvariants() == [])
  }

  @Test func `pages go to swap and come back, in families too`() throws {
    var machine = try Self.machine(.mebibytes(16), swap: .mebibytes(32))
    let process = try machine.spawn("big")
    let address = try machine.tamalloc(.mebibytes(24), in: process)
    for page in 0..<6144 {
      try machine.write(
        [UInt8(truncatingIfNeeded: page * 7)], at: address + ByteCount(page * 4096), in: process)
    }
    let now = try machine.process(process)
    #expect(now.swapped > 2000 && now.resident + now.swapped == 6144)
    let child = try machine.fork(process)
    #expect(machine.checkInvariants() == [])
    for page in 0..<6144 {
      let expected = UInt8(truncatingIfNeeded: page * 7)
      for one in [process, child] {
        #expect(try machine.read(1, at: address + ByteCount(page * 4096), in: one) == [expected])
      }
    }
    #expect(try machine.process(process).majorFaults > 1000)
    #expect(machine.checkInvariants() == [])
    try machine.exit(process)
    try machine.exit(child)
    try machine.sync()
    #expect(machine.swapSlots.free == machine.swapSlots.all)
    #expect(machine.checkInvariants() == [])
  }

  @Test func `where nothing is left the worst is ended`() throws {
    var machine = try Self.machine(.mebibytes(16))
    machine.overcommit.mode = .always
    let small = try machine.spawn("small")
    let large = try machine.spawn("large")
    let kept = try machine.spawn("kept", scoreAdjustment: -1000)
    let areas = try [small, large, kept].map { try machine.tamalloc(.mebibytes(16), in: $0) }
    try machine.touch(.mebibytes(1), at: areas[0], in: small, writing: true)
    try machine.touch(.mebibytes(6), at: areas[1], in: large, writing: true)
    try machine.touch(.mebibytes(6), at: areas[2], in: kept, writing: true)
    #expect(try machine.outOfMemoryScore(of: kept) == 0)
    #expect(try machine.outOfMemoryScore(of: large) > machine.outOfMemoryScore(of: small))
    try machine.touch(.mebibytes(10), at: areas[2], in: kept, writing: true)
    #expect(machine.outOfMemoryKills.map(\.process) == [large])
    #expect(machine.outOfMemoryKills.map(\.resident) == [6 << 8])
    #expect(throws: MachineError.process(.killed(large))) {
      try machine.read(1, at: areas[1], in: large)
    }
    // Then the other one, and then nobody is left who may be ended.
    #expect(throws: MachineError.self) {
      try machine.touch(.mebibytes(16), at: areas[2], in: kept, writing: true)
    }
    #expect(machine.outOfMemoryKills.map(\.process) == [large, small])
    #expect(machine.allProcesses.map(\.number) == [kept])
    #expect(machine.checkInvariants() == [])
  }

  @Test func `a process that asks for too much is itself the worst`() throws {
    var machine = try Self.machine(.mebibytes(16))
    machine.overcommit.mode = .always
    let process = try machine.spawn("greedy")
    let address = try machine.tamalloc(.mebibytes(100), in: process)
    #expect(throws: MachineError.process(.killed(process))) {
      try machine.touch(.mebibytes(100), at: address, in: process, writing: true)
    }
    #expect(machine.allProcesses.isEmpty)
    #expect(machine.committedFrames == 0)
    #expect(machine.checkInvariants() == [])
    machine.drainPerCPUPages()
    #expect(machine.freeFrames == machine.presentFrames)
  }

  /// proc_oom_score() of Linux 6.12 by hand: 16,384 pages of RAM and no swap.
  @Test(arguments: [(0, 667), (500, 993), (1000, 1318), (-500, 342), (-1000, 0)])
  func `oom_score is the kernel's`(adjustment: Int, score: Int) throws {
    var machine = try Self.machine()
    let process = try machine.spawn("p", scoreAdjustment: adjustment)
    let address = try machine.tamalloc(.mebibytes(1), in: process)
    try machine.touch(ByteCount(29 * 4096), at: address, in: process, writing: true)
    // 29 + 3 tables = 32 pages, and adjustment × 16 (16384 / 1000).
    #expect(try machine.outOfMemoryScore(of: process) == score)
  }

  @Test func `page tables and swap make a process worse, and of equals the elder is ended`() throws
  {
    var machine = try Self.machine(.mebibytes(16), swap: .mebibytes(32))
    machine.overcommit.mode = .always
    let dense = try machine.spawn("dense")
    let sparse = try machine.spawn("sparse")
    let pages = try machine.tamalloc(.mebibytes(1), in: dense)
    try machine.touch(ByteCount(40 * 4096), at: pages, in: dense, writing: true)
    let spread = try machine.tamalloc(.mebibytes(64), in: sparse)
    for step in 0..<32 {
      try machine.touch(1, at: spread + .mebibytes(2 * step), in: sparse, writing: true)
    }
    #expect(try machine.process(sparse).resident < machine.process(dense).resident)
    #expect(
      try machine.outOfMemoryScore(of: sparse) > machine.outOfMemoryScore(of: dense),
      "each of its pages has a table of its own")

    // Another takes the memory, and their pages go to swap: they are no better for it.
    let before = try machine.outOfMemoryScore(of: dense)
    let greedy = try machine.spawn("greedy", scoreAdjustment: -1000)
    let much = try machine.tamalloc(.mebibytes(20), in: greedy)
    try machine.touch(.mebibytes(20), at: much, in: greedy, writing: true)
    #expect(try machine.process(dense).swapped > 0)
    #expect(try machine.outOfMemoryScore(of: dense) == before)

    var equals = try Self.machine()
    let elder = try equals.spawn("elder")
    _ = try equals.spawn("younger")
    let ended = equals.endWorst()
    #expect(ended && equals.outOfMemoryKills.map(\.process) == [elder])
  }

  @Test func `promises are kept within the mode of overcommit`() throws {
    var machine = try Self.machine(.mebibytes(64), swap: .mebibytes(16))
    let process = try machine.spawn("p")
    // 0: nothing above all RAM and swap at once; but twice.
    #expect(throws: MachineError.process(.overcommit(.mebibytes(81), mode: .heuristic))) {
      try machine.tamalloc(.mebibytes(81), in: process)
    }
    _ = try machine.tamalloc(.mebibytes(80), in: process)
    _ = try machine.tamalloc(.mebibytes(80), in: process)
    // 1: anything.
    machine.overcommit.mode = .always
    _ = try machine.tamalloc(.tebibytes(1), in: process)
    try machine.exit(process)
    // 2: 50 % of RAM and swap: 48 MiB, of which 2 MiB are root's.
    machine.overcommit.mode = .never
    #expect(machine.commitLimit == 48 << 8)
    let strict = try machine.spawn("strict")
    _ = try machine.tamalloc(.mebibytes(44), in: strict)
    #expect(throws: MachineError.process(.overcommit(.mebibytes(4), mode: .never))) {
      try machine.tamalloc(.mebibytes(4), in: strict)
    }
    #expect(throws: MachineError.process(.overcommit(.mebibytes(44), mode: .never))) {
      try machine.fork(strict)
    }
    // 12,288 pages less 11,264 less 512 of root's less 352 of the user's, a 32nd of the process's.
    #expect(throws: MachineError.process(.overcommit(.kibibytes(161 * 4), mode: .never))) {
      try machine.tamalloc(.kibibytes(161 * 4), in: strict)
    }
    let last = try machine.tamalloc(.kibibytes(160 * 4), in: strict)
    try machine.munmap(last, .kibibytes(160 * 4), in: strict)
    #expect(machine.committedFrames == 44 << 8)
  }

  @Test func `each mistake has its error`() throws {
    var machine = try Self.machine()
    machine.overcommit.mode = .always
    for name in ["", "a\nb"] {
      #expect(throws: MachineError.process(.invalidName(name))) { try machine.spawn(name) }
    }
    #expect(throws: MachineError.process(.invalidAdjustment(1001))) {
      try machine.spawn("p", scoreAdjustment: 1001)
    }
    for number in [-1, 0, 1, .min, .max] {
      let nobody = ProcessNumber(rawValue: number)
      #expect(throws: MachineError.process(.noSuchProcess(nobody))) { try machine.exit(nobody) }
      #expect(throws: MachineError.process(.noSuchProcess(nobody))) {
        try machine.status(of: nobody)
      }
    }
    let process = try machine.spawn("p")
    for size: ByteCount in [0, -1, ByteCount(.min)] {
      #expect(throws: MachineError.process(.invalidSize(size))) {
        try machine.tamalloc(size, in: process)
      }
    }
    for size: ByteCount in [.tebibytes(200), ByteCount(.max)] {
      #expect(throws: MachineError.self) { try machine.tamalloc(size, in: process) }
    }
    let address = try machine.tamalloc(4096, in: process)
    #expect(throws: MachineError.process(.unalignedAddress(address + 1))) {
      try machine.munmap(address + 1, 4096, in: process)
    }
    for wild: UInt64 in [0, 4096, .max, .max - 4095, 1 << 47, address.rawValue - 1] {
      let wild = UserAddress(rawValue: wild)
      #expect(throws: MachineError.self) { try machine.write([1], at: wild, in: process) }
      #expect(throws: MachineError.self) {
        try machine.touch(ByteCount(.max), at: wild, in: process, writing: true)
      }
    }
    // 32-bit processes have 3 GiB.
    var small = try Machine(.i386(ram: .mebibytes(64)))
    small.overcommit.mode = .always
    let narrow = try small.spawn("narrow")
    _ = try small.tamalloc(.mebibytes(2900), in: narrow)
    #expect(throws: MachineError.process(.noAddressSpace(.mebibytes(200)))) {
      try small.tamalloc(.mebibytes(200), in: narrow)
    }
    #expect(machine.checkInvariants() == [])
  }

  @Test func `status has Linux's lines`() throws {
    var machine = try Self.machine()
    let process = try machine.spawn("a-name-of-more-than-15")
    let address = try machine.tamalloc(.mebibytes(2), in: process)
    try machine.touch(.kibibytes(80), at: address, in: process, writing: true)
    let lines = try machine.status(of: process).split(separator: "\n").map(String.init)
    #expect(lines[0] == "Name:\ta-name-of-more-")
    for line in [
      "Pid:\t1", "VmPeak:\t    2048 kB", "VmSize:\t    2048 kB", "VmHWM:\t      80 kB",
      "VmRSS:\t      80 kB", "RssAnon:\t      80 kB", "VmPTE:\t      16 kB", "VmSwap:\t       0 kB",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    // The same keys in the same order as this machine's kernel has, as far as both have them.
    let keys = lines.map { $0.prefix { $0 != ":" } }
    let host = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      .split(separator: "\n").map { $0.prefix { $0 != ":" } }
    #expect(keys.filter(host.contains) == host.filter(keys.contains))
  }
}
