// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

/// Processes that the usual way of looking gets wrong.
@Suite(.serialized, .enabled(if: Subject.program != nil, "there is no C compiler"))
struct CornerTests {
  /// Each source's row of a process.
  private func rows(of pid: ProcessIdentifier) throws -> [ProcessStatistics] {
    var once = try ProcfsSource()
    var live = try LiveProcfsSource()
    _ = try live.snapshot()
    var rows = [try #require(try once.process(pid))]
    rows += try once.snapshot().processes.filter { $0.pid == pid }
    rows += try live.snapshot().processes.filter { $0.pid == pid }
    rows += try once.snapshot(of: [pid]).processes
    try #require(rows.count == 4)
    return rows
  }

  @Test func `a process whose first thread has ended has the memory of the others`() throws {
    let subject = try Subject("exited-leader")
    var live = try LiveProcfsSource()
    _ = try live.snapshot()
    try subject.work()
    let shown = try #require(Proc.number("/proc/\(subject.pid)/oom_score"))
    var rows = try rows(of: subject.pid)
    // A source that has seen it alive, too.
    for _ in 0..<2 { rows += try live.snapshot().processes.filter { $0.pid == subject.pid } }
    #expect(rows.count == 6)
    var source = try ProcfsSource()
    for var row in rows {
      #expect(row.state?.hasEnded == true && row.threads == 2)
      #expect(row.addressSpace == .present)
      #expect((64 << 20...70 << 20).contains(try #require(row.committed).rawValue), "\(row)")
      #expect(abs(try #require(row.oomScore) - shown) <= 1)
      source.read([.proportional, .commandLine], into: &row)
      #expect(try #require(row.proportional).rawValue >= 64 << 20)
      #expect(row.commandLine?.hasSuffix("exited-leader") == true)
    }
  }

  @Test func `the groups of processes that share memory under several names sum up to the total`()
    throws
  {
    let subject = try Subject("names")
    let pids = Set(try subject.work()).union([subject.pid])
    try #require(pids.count == 9)
    var source = try ProcfsSource()
    let rows = try source.snapshot().processes.filter { pids.contains($0.pid) }
    let total = TotalStatistics(of: rows)
    #expect(total.addressSpaces == 1 && total.processes == 9)
    var names = UserNames()
    for most in [0, 1, 2, 9] {
      let groups = ProcessGroup.groups(of: rows, by: .name, most: most, names: &names)
      let sum = groups.reduce(0) { $0 + $1.totals.committed.rawValue }
      #expect(sum == total.committed.rawValue, "\(most)")
      #expect(groups.reduce(0) { $0 + $1.totals.processes } == 9)
      // By memory, which the first has; not by memory times its processes.
      if most > 0 { #expect(groups[0].totals.committed == total.committed) }
    }
  }

  @Test func `what a process locks, and its peak, are what status says`() throws {
    let subject = try Subject("locked")
    try subject.work()
    let status = Proc.status(subject.pid)
    for row in try rows(of: subject.pid) {
      #expect(row.locked == .mebibytes(1))
      #expect(row.peakCommitted?.rawValue == Proc.bytes(status["VmHWM"]))
      #expect(try #require(row.peakCommitted) > (try #require(row.committed)))
      #expect(row.threads == 1)
      #expect(row.hugetlb == 0)
    }
  }

  /// The pool of huge pages, which has its old size again after the test.
  private static let pool = "/proc/sys/vm/nr_hugepages"

  @Test(.enabled(if: access(pool, W_OK) == 0, "only root may fill the pool of huge pages"))
  func `huge pages of the pool are a field of their own`() throws {
    let before = Proc.number(Self.pool) ?? 0
    try "\(before + 4)".write(toFile: Self.pool, atomically: false, encoding: .utf8)
    defer { try? "\(before)".write(toFile: Self.pool, atomically: false, encoding: .utf8) }
    try #require(Proc.number(Self.pool) == before + 4, "there are no huge pages left")
    let subject = try Subject("hugetlb")
    try subject.work()
    for row in try rows(of: subject.pid) {
      #expect(row.hugetlb == .mebibytes(4))
      #expect(try #require(row.committed) < .mebibytes(4))
      #expect(TotalStatistics(of: [row]).hugetlb == .mebibytes(4))
    }
  }

  @Test func `a process started when ps says it did`() throws {
    let subject = try Subject("none")
    var source = try ProcfsSource()
    var row = try #require(try source.process(subject.pid))
    source.read(.start, into: &row)
    let ps = try #require(
      try Proc.output("ps", "-o", "lstart=", "-p", "\(subject.pid)"), "procps is not installed")
    let date = try #require(try Proc.output("date", "-d", ps.text, "+%s"))
    let expected = try #require(Double(date.text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(abs(try #require(row.startTime) - expected) <= 2)
  }

  @Test func `USS is the private part of smaps_rollup`() throws {
    let subject = try Subject("shared")
    try subject.work()
    kill(subject.pid.rawValue, SIGSTOP)
    defer { kill(subject.pid.rawValue, SIGCONT) }
    var source = try ProcfsSource()
    var row = try #require(try source.process(subject.pid))
    source.read(.proportional, into: &row)
    var expected = 0
    for line in try #require(Proc.text("/proc/\(subject.pid)/smaps_rollup")).split(separator: "\n")
    where line.hasPrefix("Private_Clean:") || line.hasPrefix("Private_Dirty:") {
      expected += try #require(Proc.bytes(String(line.drop { $0 != ":" }.dropFirst())))
    }
    #expect(row.unique?.rawValue == expected)
  }

  /// The kernel is told which pid to give out next.
  @Test(
    .enabled(
      if: access("/proc/sys/kernel/ns_last_pid", W_OK) == 0, "only root may choose the next pid"))
  func `what is read after a scan is of the same process, or nothing`() throws {
    var first: Subject? = try Subject("none")
    let pid = try #require(first?.pid)
    var once = try ProcfsSource()
    // A pid that is chosen moves no cursor: all are listed at each look.
    var live = try LiveProcfsSource(period: 1)
    var rows: [ProcessStatistics] = []
    rows += try once.snapshot().processes.filter { $0.pid == pid }
    rows += try live.snapshot().processes.filter { $0.pid == pid }
    try #require(rows.count == 2)
    first = nil
    usleep(50_000)
    var second: Subject?
    for _ in 0..<200 where second?.pid != pid {
      try "\(pid.rawValue - 1)".write(
        toFile: "/proc/sys/kernel/ns_last_pid", atomically: false, encoding: .utf8)
      second = try Subject("name", "stranger")
    }
    try #require(second?.pid == pid, "somebody else was quicker each time")
    let details: ProcessDetails = [.commandLine, .cgroup, .proportional, .start]
    once.read(details, into: &rows[0])
    live.read(details, into: &rows[1])
    for row in rows {
      #expect(row.commandLine == nil && row.cgroup == nil && row.proportional == nil, "\(row)")
    }
    // And what has its pid now is another process to the live source.
    let after = try #require(try live.snapshot().processes.first { $0.pid == pid })
    #expect(after.generation != rows[1].generation)
    var row = after
    live.read(details, into: &row)
    #expect(row.commandLine?.hasSuffix("name stranger") == true)
  }

  @Test func `a thread is no process`() throws {
    let subject = try Subject("threads")
    try subject.work()
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(subject.pid)/task")
    let thread = try #require(threads.compactMap { Int32($0) }.max())
    try #require(thread != subject.pid.rawValue)
    var source = try ProcfsSource()
    #expect(try source.process(ProcessIdentifier(thread)) == nil)
    let both = try source.snapshot(of: [ProcessIdentifier(thread), subject.pid])
    #expect(both.processes.map(\.pid) == [subject.pid])
    #expect(both.processes.first?.oomRank == nil && both.processes.first?.badness != nil)
  }
}
