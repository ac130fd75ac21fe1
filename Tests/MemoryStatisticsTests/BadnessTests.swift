// SPDX-License-Identifier: MIT

import Pages
import Testing

@testable import MemoryStatistics

/// The kernel's arithmetic, worked out by hand from mm/oom_kill.c and fs/proc/base.c.
@Suite struct BadnessTests {
  /// 1,000,000 pages of RAM.
  private let machine: MachineMemory = {
    var machine = MachineMemory(pageSize: 4096)
    machine.ram = ByteCount(1_000_000 * 4096)
    return machine
  }()

  @Test(arguments: [
    (0, 0, 0, 666), (1_000_000, 0, 1_000_000, 1333), (1500, 0, 1500, 667),
    (100, 1000, 1_000_100, 1333),
    (1000, -999, -998_000, 1), (0, -999, -999_000, 0), (30_000, 7, 37_000, 691),
  ])
  func `pages and scores`(pages: Int, adjustment: Int, badness: Int, score: Int) {
    let result = Badness(
      memory: ByteCount(pages * 4096), adjustment: adjustment, machine: machine)
    #expect(result == .pages(badness))
    #expect(result.score(machine: machine) == score)
  }

  @Test func `-1000 is never killed`() {
    let result = Badness(memory: 4096, adjustment: -1000, machine: machine)
    #expect(result == .neverKilled)
    #expect(result.score(machine: machine) == 0)
  }

  @Test func `equal badness shares a rank, and the next one counts on`() {
    var rows = [30, 10, 30, 20].enumerated().map { index, pages in
      var row = ProcessStatistics(pid: ProcessIdentifier(Int32(index + 1)))
      row.badness = .pages(pages)
      return row
    }
    var spared = ProcessStatistics(pid: 9)
    spared.badness = .neverKilled
    rows.append(spared)
    OutOfMemoryRanking.assign(to: &rows)
    #expect(rows.map(\.oomRank) == [1, 4, 1, 3, nil])
  }
}
