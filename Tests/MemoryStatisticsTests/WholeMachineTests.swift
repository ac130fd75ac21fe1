// SPDX-License-Identifier: MIT

import Foundation
import Pages
import Testing

@testable import MemoryStatistics

/// The running machine, looked at in two ways.
@Suite(.serialized) struct WholeMachineTests {
  @Test func `every process that stays is listed once`() throws {
    let before = Set(Proc.pids)
    var source = try ProcfsSource()
    let listed = try source.snapshot().processes.map(\.pid)
    let after = Set(Proc.pids)
    #expect(listed == listed.sorted())
    #expect(Set(listed).count == listed.count)
    #expect(before.intersection(after).subtracting(listed).isEmpty)
  }

  @Test func `the machine's figures are those of meminfo`() throws {
    var source = try ProcfsSource()
    let machine = try source.snapshot().machine
    let meminfo = try #require(Proc.text("/proc/meminfo"))
    func bytes(_ key: String) -> Int? {
      meminfo.split(separator: "\n").first { $0.hasPrefix(key + ":") }
        .flatMap { Proc.bytes(String($0.dropFirst(key.count + 1))) }
    }
    #expect(machine.ram?.rawValue == bytes("MemTotal"))
    #expect(machine.swap?.rawValue == bytes("SwapTotal"))
    #expect(machine.commitLimit?.rawValue == bytes("CommitLimit"))
    #expect(machine.committedAS != nil && machine.committedOnce != nil)
  }

  @Test func `the totals are the sums of the rows`() throws {
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    var seen: Set<ProcessIdentifier> = []
    var committed = 0
    for row in snapshot.processes where row.addressSpace == .present {
      if let owner = row.addressSpaceOwner, !seen.insert(owner).inserted { continue }
      committed += row.committed?.rawValue ?? 0
    }
    #expect(snapshot.totals.committed.rawValue == committed)
    #expect(snapshot.totals.processes == snapshot.processes.count)
    let overcount = snapshot.totals.overcount(machine: snapshot.machine, isComplete: true)
    #expect(try #require(overcount) > 0.5)
  }

  /// The kernel's scores are read at another moment and from less exact counters; where two scores
  /// are further apart than that error, the ranks must agree with them.
  @Test func `ranks agree with the kernel's scores`() throws {
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    var pairs: [(rank: Int, score: Int, pid: ProcessIdentifier)] = []
    for row in snapshot.processes {
      guard let shown = Proc.number("/proc/\(row.pid)/oom_score"), let mine = row.oomScore,
        let ram = snapshot.machine.ram
      else { continue }
      guard let later = try source.process(row.pid), later.committed == row.committed else {
        continue
      }
      // One step of a score is 0.15 % of the memory.
      let step = ram.rawValue / 667
      let error = Badness.uncertainty(processors: Badness.processors) * 4096
      #expect(abs(mine - shown) <= 1 + error / step, "\(row.pid): \(mine), kernel \(shown)")
      if let rank = row.oomRank { pairs.append((rank, shown, row.pid)) }
    }
    #expect(pairs.count > 3)
    for left in pairs {
      for right in pairs where left.score > right.score + 1 {
        #expect(left.rank < right.rank, "\(left) \(right)")
      }
    }
  }

  @Test func `both sources of procfs give the same rows`() throws {
    var live = try LiveProcfsSource(period: 1)
    var once = try ProcfsSource()
    _ = try live.snapshot()
    let first = try live.snapshot().processes
    let second = try once.snapshot().processes
    let third = try live.snapshot().processes
    var compared = 0
    for row in second {
      // What did not change between the live looks must be the same in the one between them.
      guard var left = first.first(where: { $0.pid == row.pid }),
        let right = third.first(where: { $0.pid == row.pid }), left.committed == right.committed,
        left.reserved == right.reserved, left.generation == right.generation
      else { continue }
      left.generation = 0
      left.oomRank = row.oomRank
      // What a process does at the moment, and with how many threads, leaves no trace in its memory.
      (left.state, left.threads) = (row.state, row.threads)
      // Workers of the kernel call themselves after what they do at the moment.
      if row.addressSpace == .absent { left.name = row.name }
      #expect(left == row)
      compared += 1
    }
    #expect(compared > 5)
  }

  @Test func `a folder that is not there is said`() {
    #expect(throws: StatisticsError.unreadable(path: "/nowhere", errorNumber: ENOENT)) {
      _ = try ProcfsSource(root: "/nowhere")
    }
  }

  @Test func `the system calls are not tried on a foreign kernel`() throws {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: &name.release) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    #expect(SystemCallSource.isAvailable == release.hasSuffix("-tamalloc"))
    if !SystemCallSource.isAvailable {
      #expect(throws: StatisticsError.noSystemCalls) { _ = try SystemCallSource() }
    }
  }
}
