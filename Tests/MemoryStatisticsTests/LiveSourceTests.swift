// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Pages
import Testing

@testable import MemoryStatistics

/// Looking again and again, on files that are kept open.
@Suite(.serialized) struct LiveSourceTests {
  @Test(.enabled(if: Subject.program != nil, "there is no C compiler"))
  func `the live source sees growth and forgets who has ended`() throws {
    var source = try LiveProcfsSource()
    var subject: Subject? = try Subject("anonymous")
    let pid = try #require(subject?.pid)
    let first = try source.snapshot()
    try subject?.work()
    var second = try source.snapshot()
    second.noteGrowth(since: first)
    let growth = try #require(second.processes.first { $0.pid == pid }?.growth).rawValue
    #expect((10 << 20...10 << 20 + 512 << 10).contains(growth), "\(growth)")
    subject = nil
    let third = try source.snapshot()
    #expect(!third.processes.contains { $0.pid == pid })
  }

  /// What statm does not show is as old as the period at most, also on files that are kept open.
  @Test(.enabled(if: Subject.program != nil, "there is no C compiler"))
  func `an adjustment of a process that does nothing is seen within the period`() throws {
    let subject = try Subject("none")
    var source = try LiveProcfsSource(period: 4)
    func look() throws -> ProcessStatistics {
      try #require(try source.snapshot().processes.first { $0.pid == subject.pid })
    }
    let before = try look()
    let path = "/proc/\(subject.pid)/oom_score_adj"
    for adjustment in [700, 900] {
      try "\(adjustment)".write(toFile: path, atomically: false, encoding: .utf8)
      for _ in 0..<3 { _ = try look() }
      let row = try look()
      #expect(row.oomScoreAdjustment == adjustment)
      #expect(row.oomScoreAdjustment == Proc.number(path))
      #expect(row.generation == before.generation)
      #expect(row.reserved == before.reserved && row.name == before.name)
    }
  }

  /// Processes are born and die between looks; each look has to find exactly those that are there.
  @Test(.enabled(if: Subject.program != nil, "there is no C compiler"))
  func `each look has all processes that are there, and none that has ended`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    // No whole list comes to its help.
    var source = try LiveProcfsSource(period: 1_000_000)
    var subjects: [Subject] = []
    var ended: Set<ProcessIdentifier> = []
    var generations: [ProcessIdentifier: Int] = [:]
    for look in 0..<40 {
      for _ in 0..<Int.random(in: 0...3, using: &random) { subjects.append(try Subject("none")) }
      for _ in 0..<Int.random(in: 0...2, using: &random) where !subjects.isEmpty {
        let subject = subjects.remove(at: Int.random(in: 0..<subjects.count, using: &random))
        ended.insert(subject.pid)
      }
      let before = Set(Proc.pids)
      let rows = try source.snapshot().processes
      let after = Set(Proc.pids)
      let listed = rows.map(\.pid)
      #expect(listed == listed.sorted() && Set(listed).count == listed.count)
      let missing = before.intersection(after).subtracting(listed)
      #expect(missing.isEmpty, "seed \(seed), look \(look): \(missing)")
      let surplus = ended.intersection(listed).subtracting(before).subtracting(after)
      #expect(surplus.isEmpty, "seed \(seed), look \(look): \(surplus)")
      for subject in subjects {
        let row = try #require(rows.first { $0.pid == subject.pid })
        #expect(row.parent?.rawValue == getpid())
        let generation = generations[subject.pid] ?? row.generation
        #expect(row.generation == generation, "one process, one generation")
        generations[subject.pid] = generation
      }
    }
  }

  @Test(.enabled(if: Subject.program != nil, "there is no C compiler"))
  func `who shares an address space is known as processes come and go`() throws {
    var live = try LiveProcfsSource()
    _ = try live.snapshot()
    let subject = try Subject("clone")
    let child = try #require(try subject.work().first)
    func owners() throws -> [ProcessIdentifier: ProcessIdentifier] {
      try live.snapshot().processes.reduce(into: [:]) { owners, row in
        if [subject.pid, child].contains(row.pid) { owners[row.pid] = row.addressSpaceOwner }
      }
    }
    #expect(try owners() == [subject.pid: subject.pid, child: subject.pid])
    #expect(try owners() == [subject.pid: subject.pid, child: subject.pid], "and stays known")
    kill(child.rawValue, SIGKILL)
    for _ in 0..<1000 where Proc.status(child)["VmSize"] != nil { usleep(2000) }
    #expect(try owners() == [:], "nobody shares with who is alone")
    // What changes meanwhile elsewhere is the same by a source that knows nothing from before.
    var once = try ProcfsSource()
    let expected = try once.snapshot().processes.filter { $0.pid == subject.pid }
    #expect(expected.map(\.addressSpaceOwner) == [nil])
  }

  @Test func `the list from one pid on is that part of the whole list`() throws {
    let files = try ProcFiles(root: "/proc")
    var folder = try files.folder()
    #expect(try folder.processes(after: 1, upTo: 5) == nil, "it has not been listed yet")
    let whole = try folder.processes()
    for first in whole.indices where first % 7 == 0 {
      let part = try #require(
        try folder.processes(after: whole[first], upTo: whole[whole.count - 1]))
      let now = Set(Proc.pids)
      // Others may have come or gone meanwhile.
      let expected = whole[(first + 1)...].filter(now.contains)
      #expect(Set(expected).isSubset(of: part), "after \(whole[first])")
      #expect(part.allSatisfy { $0 > whole[first] })
    }
  }

  @Test func `a folder that is no kernel's is listed anew at each look`() throws {
    let fixture = try ProcFixture()
    for pid in [3, 20, 100] { try fixture.add(pid, resident: 5120) }
    var source = try LiveProcfsSource(root: fixture.root)
    #expect(try source.snapshot().processes.map(\.pid) == [3, 20, 100])
    try fixture.remove("20")
    try fixture.add(50)
    try fixture.add(100, resident: 6144)
    let second = try source.snapshot().processes
    #expect(second.map(\.pid) == [3, 50, 100])
    #expect(second[2].committed == .kibibytes(6144))
  }

  @Test(arguments: ["", "1 2", "x y z", "99999999999999999999 1 1", "-1 -1 -1"])
  func `a statm that makes no sense is no trap`(text: String) {
    let figures = StatmFigures(Array(text.utf8).span)
    #expect(figures == StatmFigures(Array(text.utf8).span))
    #expect(figures != StatmFigures(Array("7 7 7".utf8).span))
  }
}
