// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

/// Processes made to know the answer.
@Suite(.serialized, .enabled(if: Subject.program != nil, "there is no C compiler"))
struct KnownProcessTests {
  private func row(_ pid: ProcessIdentifier) throws -> ProcessStatistics {
    var source = try ProcfsSource()
    return try #require(try source.process(pid))
  }

  /// What a subject gains by its work.
  private func gain(
    _ kind: String, _ figure: (ProcessStatistics) -> ByteCount?
  ) throws -> (wanted: Int, committed: Int, reserved: Int) {
    let subject = try Subject(kind)
    let before = try row(subject.pid)
    try subject.work()
    let after = try row(subject.pid)
    func bytes(_ count: ByteCount?) throws -> Int { try #require(count).rawValue }
    return (
      try bytes(figure(after)) - bytes(figure(before)),
      try bytes(after.committed) - bytes(before.committed),
      try bytes(after.reserved) - bytes(before.reserved)
    )
  }

  /// A page or some for the work itself.
  private let slack = 512 << 10

  @Test func `1 GiB reserved and 10 MiB touched are what is shown`() throws {
    let gain = try gain("anonymous", \.anonymous)
    #expect(gain.reserved == 1 << 30)
    #expect((10 << 20...10 << 20 + slack).contains(gain.wanted), "\(gain)")
    #expect((10 << 20...10 << 20 + slack).contains(gain.committed), "\(gain)")
  }

  @Test func `pages of a file are file pages`() throws {
    let gain = try gain("file", \.file)
    #expect((8 << 20...8 << 20 + slack).contains(gain.wanted), "\(gain)")
  }

  @Test func `shared memory is shared`() throws {
    let gain = try gain("shared", \.shared)
    #expect((8 << 20...8 << 20 + slack).contains(gain.wanted), "\(gain)")
  }

  @Test func `threads are one process and count once`() throws {
    let subject = try Subject("threads")
    try subject.work()
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    #expect(snapshot.processes.filter { $0.pid == subject.pid }.count == 1)
    #expect(Proc.status(subject.pid)["Threads"] == "9")
  }

  @Test func `processes that share an address space count it once`() throws {
    let subject = try Subject("clone")
    let child = try #require(try subject.work().first)
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    let pair = snapshot.processes.filter { [subject.pid, child].contains($0.pid) }
    #expect(pair.count == 2)
    #expect(pair.allSatisfy { $0.addressSpaceOwner == subject.pid })
    let totals = TotalStatistics(of: pair)
    #expect(totals.processes == 2)
    #expect(totals.addressSpaces == 1)
    #expect(totals.committed == pair[0].committed)
  }

  /// Whoever started them has ended, so that nothing leads from one to the other but their memory.
  @Test(arguments: [2, 4, 9])
  func `orphans that share an address space count it once`(count: Int) throws {
    let subject = try Subject("orphans", "\(count)")
    let orphans = try subject.work()
    try #require(orphans.count == count)
    var source = try ProcfsSource()
    let rows = try source.snapshot().processes.filter { orphans.contains($0.pid) }
    #expect(rows.count == count)
    #expect(rows.allSatisfy { $0.addressSpaceOwner == orphans.min() })
    #expect(TotalStatistics(of: rows).addressSpaces == 1)
  }

  /// So many pairs that several threads compare them; the kernel's answer is known for each.
  @Test func `pairs that share are found among many that do not`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let subject = try Subject("orphans", "2")
    let orphans = try subject.work()
    try #require(orphans.count == 2)
    for count in [0, 1, 399, 400, 401, 1500] {
      let shares = (0..<count).map { _ in Int.random(in: 0..<9, using: &random) == 0 }
      let pids = shares.flatMap { [orphans[0].rawValue, $0 ? orphans[1].rawValue : getpid()] }
      let expected = shares.indices.filter { shares[$0] }
      let answers = AddressSpaceComparison.answers(of: pids)
      #expect(answers == .init(sharing: expected), "seed \(seed)")
    }
  }

  /// Between vfork and exec a child has its parent's memory, and the kernel passes it by.
  @Test func `a child of vfork shares, and is never killed`() throws {
    let subject = try Subject("vfork")
    let child = try #require(try subject.work().first)
    var source = try ProcfsSource()
    var live = try LiveProcfsSource()
    for rows in [try source.snapshot().processes, try live.snapshot().processes] {
      let pair = rows.filter { [subject.pid, child].contains($0.pid) }
      try #require(pair.count == 2)
      #expect(pair.allSatisfy { $0.addressSpaceOwner == subject.pid })
      #expect(TotalStatistics(of: pair).committed == pair[0].committed)
      for row in pair {
        let shown = try #require(Proc.number("/proc/\(row.pid)/oom_score"))
        #expect((row.badness == .neverKilled) == (row.pid == child), "\(row)")
        #expect((shown == 0) == (row.pid == child), "\(shown)")
        #expect((row.oomRank == nil) == (row.pid == child))
      }
    }
    #expect(try row(child).parent == subject.pid)
  }

  @Test func `a process without memory has none, and is never killed`() throws {
    let subject = try Subject("zombie")
    let child = try #require(try subject.work().first)
    let row = try row(child)
    #expect(row.addressSpace == .absent)
    #expect(row.committed == 0)
    #expect(row.badness == .neverKilled)
    #expect(row.oomScore == 0)
    #expect(row.name?.isEmpty == false)
  }

  @Test(arguments: ["a b) (c", "new\nline", "back\\slash", "tab\tend", "äöüäöüäöü", "\u{1B}[31m"])
  func `a name is what the process says, byte by byte`(name: String) throws {
    let subject = try Subject("name", name)
    try subject.work()
    // The kernel keeps 15 bytes, whatever character they cut.
    let kept = String(decoding: Array(name.utf8).prefix(15), as: UTF8.self)
    #expect(try row(subject.pid).name == kept)
  }

  @Test(arguments: [-1000, -500, 0, 300, 1000])
  func `an adjustment moves the score as the kernel moves it`(adjustment: Int) throws {
    let subject = try Subject("none")
    let path = "/proc/\(subject.pid)/oom_score_adj"
    do {
      try "\(adjustment)".write(toFile: path, atomically: false, encoding: .utf8)
    } catch {
      // Only root may lower it.
      return
    }
    let row = try row(subject.pid)
    #expect(row.oomScoreAdjustment == adjustment)
    let shown = try #require(Proc.number("/proc/\(subject.pid)/oom_score"))
    // The kernel's counters are less exact: the last digit may differ.
    #expect(abs(try #require(row.oomScore) - shown) <= 1)
    #expect((row.badness == .neverKilled) == (adjustment == -1000))
  }

  @Test func `all fields of a stopped process are those of the kernel and of ps`() throws {
    let subject = try Subject("anonymous")
    try subject.work()
    kill(subject.pid.rawValue, SIGSTOP)
    defer { kill(subject.pid.rawValue, SIGCONT) }
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    let row = try #require(snapshot.processes.first { $0.pid == subject.pid })
    let status = Proc.status(subject.pid)
    #expect(row.reserved?.rawValue == Proc.bytes(status["VmSize"]))
    #expect(row.committed?.rawValue == Proc.bytes(status["VmRSS"]))
    #expect(row.anonymous?.rawValue == Proc.bytes(status["RssAnon"]))
    #expect(row.file?.rawValue == Proc.bytes(status["RssFile"]))
    #expect(row.shared?.rawValue == Proc.bytes(status["RssShmem"]))
    #expect(row.swap?.rawValue == Proc.bytes(status["VmSwap"]))
    #expect(row.pageTables?.rawValue == Proc.bytes(status["VmPTE"]))
    #expect(row.parent?.rawValue == getpid())
    #expect(row.userID == getuid())
    #expect(row.name == status["Name"])
    #expect(row.committed == row.anonymous! + row.file! + row.shared!)
    let ps = try #require(
      try Proc.output("ps", "-o", "vsz=,rss=", "-p", "\(subject.pid)"), "procps is not installed")
    let words = ps.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(words.count == 2)
    #expect(words.first.map { $0 * 1024 } == row.reserved?.rawValue)
    #expect(words.last.map { $0 * 1024 } == row.committed?.rawValue)
  }

  @Test func `PSS is what smaps_rollup says`() throws {
    let subject = try Subject("shared")
    try subject.work()
    kill(subject.pid.rawValue, SIGSTOP)
    defer { kill(subject.pid.rawValue, SIGCONT) }
    var source = try ProcfsSource()
    var row = try #require(try source.process(subject.pid))
    func share() throws -> Int? {
      let rollup = try #require(Proc.text("/proc/\(subject.pid)/smaps_rollup"))
      let line = try #require(rollup.split(separator: "\n").first { $0.hasPrefix("Pss:") })
      return Proc.bytes(String(line.dropFirst(4)))
    }
    // It changes with each process that begins or ends with the same libraries: what is the same before
    // and after is what was read between.
    var before = try share()
    for _ in 0..<1000 {
      source.read([.proportional, .commandLine, .cgroup], into: &row)
      let after = try share()
      if after == before { break }
      before = after
    }
    #expect(row.proportional?.rawValue == before)
    #expect(row.commandLine == "\(try #require(Subject.program)) shared")
    let cgroup = try #require(Proc.text("/proc/\(subject.pid)/cgroup"))
    #expect(cgroup.contains(":" + (try #require(row.cgroup)) + "\n"))
  }
}
