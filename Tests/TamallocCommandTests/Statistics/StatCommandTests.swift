// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// `tamalloc stat`, as a person and as a script run it.
@Suite(.serialized) struct StatCommandTests {
  /// A folder with three processes: 1 and its children 20 and 300.
  private func fixture() throws -> ProcFixture {
    let fixture = try ProcFixture()
    try fixture.write(
      "meminfo", "MemTotal: 4096000 kB\nSwapTotal: 0 kB\nAnonPages: 1024 kB\nMapped: 1024 kB\n")
    func add(
      _ pid: Int, _ name: String, user: Int = 0, resident: Int, adjustment: Int = 0, cgroup: String
    ) throws {
      try fixture.add(
        pid, parent: pid == 1 ? 0 : 1, name: name, user: user, size: 16384, resident: resident,
        anonymous: resident, adjustment: adjustment, cgroup: cgroup)
    }
    try add(1, "init", resident: 2048, cgroup: "/b")
    try add(20, "alpha", resident: 8192, cgroup: "/a.slice/x")
    try add(300, "beta\\nray", user: 65534, resident: 4096, adjustment: 500, cgroup: "/b")
    return fixture
  }

  private func run(_ arguments: String...) throws -> BuiltCommand.Outcome {
    let fixture = try fixture()
    return try BuiltCommand.run(["stat", "--fixture", fixture.root] + arguments)
  }

  @Test func `the table has the rows in order, and the totals below`() throws {
    let outcome = try run("--columns", "pid,committed,ratio,adjustment,rank,name")
    #expect(outcome.status == 0)
    #expect(outcome.complaint.isEmpty)
    #expect(
      outcome.output.hasPrefix(
        """
        PID  COMMITTED    C/R  ADJ  RANK  NAME
         20    8.0 MiB  50.0%    0     2  alpha
        300    4.0 MiB  25.0%  500     1  beta?ray
          1    2.0 MiB  12.5%    0     3  init

        total             3 processes, 3 address spaces
        reserved          48.0 MiB
        committed         14.0 MiB (29.2% of reserved)
          each page once  2.0 MiB: pages that several processes share count in each, 7.0 times
        """))
  }

  @Test func `the tree shows children under their parents`() throws {
    let outcome = try run("--tree", "--columns", "name,pid")
    #expect(
      outcome.output.hasPrefix(
        "NAME         PID\ninit           1\n├─ alpha      20\n└─ beta?ray  300\n"))
  }

  @Test func `filters choose, and none that match is 1`() throws {
    #expect(try run("--name", "^al", "--csv", "--columns", "pid").output == "pid\n20\n")
    #expect(try run("--user", "0", "--csv", "--columns", "pid").output == "pid\n20\n1\n")
    #expect(try run("--cgroup", "/a.slice", "--csv", "--columns", "pid").output == "pid\n20\n")
    #expect(try run("--cgroup", "/a.sl", "--csv").status == 1)
    #expect(try run("300", "1", "--csv", "--columns", "pid").output == "pid\n300\n1\n")
    #expect(try run("--top", "1", "--csv", "--columns", "pid").output == "pid\n20\n")
    #expect(try run("--sort", "rank", "--csv", "--columns", "pid").output == "pid\n300\n20\n1\n")
    #expect(
      try run("--sort", "pid", "--reverse", "--csv", "--columns", "pid").output
        == "pid\n300\n20\n1\n")
    let none = try run("77")
    #expect(none.status == 1 && none.output.isEmpty)
    #expect(none.complaint == "tamalloc: no process matches\n")
  }

  @Test func `JSON Lines have typed numbers and the whole name`() throws {
    let outcome = try run("--json", "--sort", "pid", "--pss")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
    #expect(object["pid"] as? Int == 300)
    #expect(object["name"] as? String == "beta\nray")
    #expect(object["reservedBytes"] as? Int == 16384 << 10)
    #expect(object["committedBytes"] as? Int == 4096 << 10)
    #expect(object["committedRatio"] as? Double == 0.25)
    #expect(object["oomScoreAdjustment"] as? Int == 500)
    #expect(object["oomRank"] as? Int == 1)
    #expect(object["oomScore"] as? Int == (1000 + (1034 + 512_000) * 1000 / 1_024_000) * 2 / 3)
    // The fixture has no smaps_rollup: it can't be read.
    #expect(object["pssBytes"] is NSNull)
  }

  @Test func `JSON has the columns that are asked for, once each`() throws {
    let outcome = try run("--json", "--columns", "pid,growth,ratio,badness,pid", "20")
    #expect(outcome.status == 0)
    #expect(
      outcome.output
        == "{\"pid\":20,\"growthBytes\":0,\"committedRatio\":0.5,"
        + "\"oomKillable\":true,\"badnessPages\":2058}\n")
  }

  @Test func `what can't be read is a dash, with a footer that counts`() throws {
    let outcome = try run("--pss", "--columns", "pid,pss")
    #expect(outcome.output.contains(" 20    –\n"))
    #expect(outcome.output.contains("– can't be read for 3 of 3 processes"))
  }

  @Test func `the total alone is in MB, or one object`() throws {
    #expect(try run("--total").output.contains("committed         14.7 MB (29.2% of reserved)\n"))
    let json = try run("--total", "--json").output
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["committedBytes"] as? Int == 14336 << 10)
    #expect(object["processes"] as? Int == 3)
    #expect(object["commitLimitBytes"] is NSNull)
  }

  @Test(arguments: [
    ["--sort", "beauty"], ["--columns", "pid,beauty"], ["--columns", ","], ["--json", "--csv"],
    ["--top", "0"], ["0"], ["x"], ["--name", "("], ["--user", "nobody-of-this-name"],
    ["--si", "--kib"],
    ["--total", "--csv"], ["--total", "--columns", "pid"], ["--fixture", "/nowhere"],
    ["--source", "tea"],
  ])
  func `bad arguments are 2`(arguments: [String]) throws {
    #expect(try BuiltCommand.run(["stat"] + arguments).status == 2)
  }

  @Test func `the real /proc has this process, and the time to say so`() throws {
    let outcome = try BuiltCommand.run(["stat", "--json", "\(getpid())"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"pid\":\(getpid()),"))
  }
}
