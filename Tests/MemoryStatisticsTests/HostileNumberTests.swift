// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

/// Numbers that no machine has, in every file that is read.
@Suite struct HostileNumberTests {
  private static let numbers = [
    "9007199254740990", "9007199254740991", "9223372036854775807", "-9223372036854775808",
    "99999999999999999999", "-1", "0", "1", "",
  ]

  /// All that is made of a snapshot; what it is does not matter, only that it is.
  private func report(_ snapshot: Snapshot) -> Int {
    var names = UserNames()
    var length = StatisticsTable(fields: Field.allCases, unit: .iec)
      .lines(of: snapshot.processes, names: &names).text.count
    length +=
      StatisticsCSV.lines(of: snapshot.processes, fields: Field.allCases, names: &names)
      .count
    for row in snapshot.processes {
      length += StatisticsJSON.object(of: row, details: [], names: &names).count
    }
    length +=
      StatisticsJSON.object(
        of: snapshot.totals, machine: snapshot.machine, origin: snapshot.origin, isComplete: true,
        isWholeMachine: true
      ).count
    for unit in ByteUnit.allCases {
      length +=
        TotalsText(unit: unit).lines(
          of: snapshot.totals, machine: snapshot.machine, isComplete: true
        ).count
    }
    let groups = ProcessGroup.groups(of: snapshot.processes, by: .name, most: 3, names: &names)
    return length + MetricsPage(snapshot: snapshot, groups: groups, scanSeconds: 1).content.count
  }

  @Test func `AnonPages and Mapped that together pass all numbers are no trap`() throws {
    let fixture = try ProcFixture()
    try fixture.write("2/status", "Name:\tkthreadd\nState:\tS\nPPid:\t0\nThreads:\t1\n")
    try fixture.write(
      "meminfo", "MemTotal: 1 kB\nAnonPages: 9007199254740990 kB\nMapped: 9007199254740990 kB\n")
    let snapshot = try fixture.snapshot()
    #expect(snapshot.machine.committedOnce == ByteCount(.max))
    #expect(report(snapshot) > 0)
  }

  @Test func `no number of a file traps`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    func number() -> String { Self.numbers.randomElement(using: &random) ?? "" }
    let fixture = try ProcFixture()
    let keys = [
      "VmPeak", "VmSize", "VmLck", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmPTE",
      "VmSwap", "HugetlbPages",
    ]
    for round in 0..<150 {
      let machine = [
        "MemTotal", "MemAvailable", "AnonPages", "Mapped", "SwapTotal", "SwapFree", "CommitLimit",
        "Committed_AS",
      ]
      try fixture.write("meminfo", machine.map { "\($0): \(number()) kB\n" }.joined())
      try fixture.write("2/status", "Name:\tkthreadd\nState:\tS\nPPid:\t0\nThreads:\t1\n")
      for pid in 3..<6 {
        let lines = keys.map { "\($0):\t\(number()) kB\n" }.joined()
        try fixture.write(
          "\(pid)/status",
          "Name:\tx\nState:\tZ\nTgid:\t\(number())\nPPid:\t\(number())\nUid:\t\(number())\n"
            + "\(lines)Threads:\t\(number())\n")
        try fixture.write("\(pid)/oom_score_adj", number())
        try fixture.write("\(pid)/stat", "1 (x) S " + (0..<40).map { _ in number() + " " }.joined())
        try fixture.write(
          "\(pid)/smaps_rollup", "Pss: \(number()) kB\nPrivate_Clean: \(number()) kB\n")
      }
      try fixture.write("stat", "btime \(number())\n")
      var source = try ProcfsSource(root: fixture.root)
      var snapshot = try source.snapshot()
      for index in snapshot.processes.indices {
        source.read([.proportional, .start, .cgroupMemory], into: &snapshot.processes[index])
      }
      let limit = CgroupLimit(path: "/", memory: ByteCount(.max), swap: nil, killedTogether: nil)
      OutOfMemoryRanking.assign(to: &snapshot.processes, within: limit, machine: snapshot.machine)
      #expect(report(snapshot) > 0, "seed \(seed), round \(round)")
    }
  }
}
