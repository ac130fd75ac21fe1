// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

extension ProcFixture {
  func snapshot() throws -> Snapshot {
    var source = try ProcfsSource(root: root)
    return try source.snapshot()
  }
}

/// What /proc says is not trusted.
@Suite struct FixtureTests {
  private func row(status: [UInt8]) -> ProcessStatistics {
    var row = ProcessStatistics(pid: 7)
    row.take(status: status.span)
    return row
  }

  private func row(status: String) -> ProcessStatistics { row(status: Array(status.utf8)) }

  @Test func `lines that are missing leave gaps and no zeros`() {
    let row = row(status: "Name:\tx\nState:\tS\nVmRSS:\t 12 kB\n")
    #expect(row.name == "x")
    #expect(row.addressSpace == .present)
    #expect(row.committed == ByteCount(12 << 10))
    #expect(row.reserved == nil)
    #expect(row.swap == nil)
    #expect(row.committedRatio == nil)
  }

  @Test func `a kernel thread has no memory, and that is known`() {
    let row = row(status: "Name:\tkthreadd\nState:\tS (sleeping)\nPPid:\t0\nThreads:\t1\n")
    #expect(row.addressSpace == .absent)
    #expect(row.reserved == 0)
    #expect(row.committedRatio == nil)
  }

  @Test(arguments: [
    "VmSize:\t99999999999999999999999 kB", "VmSize:\t-5 kB", "VmSize:\tmuch", "VmSize:", "VmSize",
    "VmSize:\t9223372036854775807 kB",
  ])
  func `a size that makes no sense is unknown`(line: String) {
    #expect(row(status: "State:\tS\n\(line)\nVmRSS:\t1 kB\n").reserved == nil)
  }

  @Test(arguments: [
    ("a\\nb", "a\nb"), ("a\\\\b", "a\\b"), ("(x) y", "(x) y"), (" lead", " lead"), ("\\", "\\"),
    ("\\q", "\\q"),
  ])
  func `names are unescaped as the kernel escapes them`(written: String, name: String) {
    #expect(row(status: "Name:\t\(written)\nState:\tS\n").name == name)
  }

  @Test func `bytes that are no UTF-8 are replaced`() {
    let row = row(status: Array("Name:\t".utf8) + [0xC3, 0x0A] + Array("State:\tS\n".utf8))
    #expect(row.name == "\u{FFFD}")
  }

  /// Whatever is cut or overwritten, a row results, and what is whole is right.
  @Test func `no file breaks a row`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let whole = try #require(Proc.text("/proc/self/status"))
    for round in 0..<3000 {
      var bytes = Array(whole.utf8)
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      let row = row(status: bytes)
      for figure in [row.reserved, row.committed, row.swap, row.pageTables] {
        #expect((figure ?? 0) >= 0, "seed \(seed), round \(round)")
      }
    }
  }

  @Test func `a folder of odd things gives the processes in it`() throws {
    let fixture = try ProcFixture()
    try fixture.add(20, name: "second")
    try fixture.add(3, name: "first")
    try fixture.write("self/status", "Name:\tno\n")
    try fixture.write("12a/status", "Name:\tno\n")
    try fixture.write("99999999999/status", "Name:\tno\n")
    try fixture.write("0/status", "Name:\tno\n")
    try fixture.write("40/nothing", "")
    try fixture.write("50/status", "")
    let snapshot = try fixture.snapshot()
    #expect(snapshot.processes.map(\.pid) == [3, 20, 50])
    #expect(snapshot.processes[2].addressSpace == .unknown)
    #expect(snapshot.totals.unreadable == 1)
    #expect(snapshot.totals.committed == .kibibytes(10240))
  }

  @Test func `many processes in no order are all there, once and in order`() throws {
    let fixture = try ProcFixture()
    let pids = (1...300).map { $0 * 7 }
    for pid in pids.shuffled() { try fixture.add(pid, size: 10240 + pid) }
    try fixture.write("0021/status", "Name:\tanother\n")
    var source = try ProcfsSource(root: fixture.root)
    let rows = try source.snapshot().processes
    #expect(rows.map(\.pid.rawValue) == pids.map(Int32.init))
    #expect(rows.map(\.reserved) == pids.map { ByteCount((10240 + $0) << 10) })
  }

  @Test func `without meminfo there are rows, but no ranks`() throws {
    let fixture = try ProcFixture()
    try fixture.add(3)
    try fixture.remove("meminfo")
    let snapshot = try fixture.snapshot()
    #expect(snapshot.processes.count == 1)
    #expect(snapshot.processes[0].badness == nil)
    #expect(snapshot.processes[0].oomScore == nil)
    #expect(snapshot.machine.ram == nil)
  }

  @Test func `an adjustment that can't be read leaves the rank unknown`() throws {
    let fixture = try ProcFixture()
    try fixture.add(3)
    try fixture.remove("3/oom_score_adj")
    let row = try #require(try fixture.snapshot().processes.first)
    #expect(row.oomScoreAdjustment == nil)
    #expect(row.oomRank == nil)
    #expect(row.committed == .kibibytes(5120))
  }
}
