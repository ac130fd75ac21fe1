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

        total      3 processes, 3 address spaces
        reserved   48.0 MiB
        committed  14.0 MiB (29.2% of reserved)
        swapped    0 B

        """))
    #expect(
      outcome.output.hasSuffix(
        "RANK is an order among the processes that are visible here, not of the machine\n"))
  }

  /// Kernel threads are visible to whoever sees the whole machine.
  @Test func `what is in use once is told of a whole machine alone`() throws {
    let fixture = try fixture()
    #expect(!(try BuiltCommand.run("stat", "--fixture", fixture.root).output.contains("once")))
    try fixture.write(
      "2/status", "Name:\tkthreadd\nState:\tS (sleeping)\nPPid:\t0\nThreads:\t1\n")
    let output = try BuiltCommand.run("stat", "--fixture", fixture.root).output
    #expect(
      output.contains(
        "each page once  2.0 MiB: pages that several processes share count in each, 7.0 times\n"))
    #expect(!output.contains("visible here"))
  }

  /// A pipe that nobody writes to stands where another process's status would be: who opens it waits.
  @Test func `one process is read alone where no rank is asked for`() throws {
    let fixture = try fixture()
    try fixture.write("40/x", "")
    try #require(mkfifo(fixture.root + "/40/status", 0o600) == 0)
    for arguments in [
      ["--columns", "pid,committed"], ["--total"], ["--json", "--columns", "pid,peak"],
    ] {
      let outcome = try BuiltCommand.run(
        ["-s", "KILL", "20", BuiltCommand.path, "stat", "--fixture", fixture.root, "20"]
          + arguments,
        by: "/usr/bin/timeout")
      #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(arguments)")
    }
    let all = try BuiltCommand.run(
      ["-s", "KILL", "1", BuiltCommand.path, "stat", "--fixture", fixture.root, "20"],
      by: "/usr/bin/timeout")
    #expect(all.status == 137, "the table has ranks, and looks at all")
  }

  @Test func `a control group's path is what it is with slashes at its end`() throws {
    for path in ["/a.slice/x", "a.slice/x", "/a.slice/x/", "//a.slice//x//"] {
      #expect(try run("--cgroup", path, "--csv", "--columns", "pid").output == "pid\n20\n")
    }
  }

  @Test func `regular expressions match characters, and names beyond 15 bytes`() throws {
    let fixture = try fixture()
    try fixture.add(40, name: "ä")
    try fixture.add(41, name: "ö")
    try fixture.add(42, name: "a-very-long-pro")
    try fixture.write("42/cmdline", "/usr/bin/python3\0/opt/a-very-long-program-name\0-x\0")
    func pids(_ pattern: String) throws -> String {
      try BuiltCommand.run(
        "stat", "--fixture", fixture.root, "--name", pattern, "--csv", "--columns", "pid", "--sort",
        "pid"
      ).output
    }
    #expect(try pids("[ä]") == "pid\n40\n")
    #expect(try pids("^.$") == "pid\n40\n41\n")
    #expect(try pids("^a-very-long-program-name$") == "pid\n42\n")
    let none = try run("--name", "no-program-has-this-name")
    #expect(none.status == 1 && none.complaint.contains("the kernel keeps 15 bytes of a name"))
  }

  /// Python's csv module and its numbers have the last word.
  @Test func `every column of CSV has one type, whatever processes call themselves`() throws {
    let fixture = try fixture()
    try fixture.add(40, name: "\u{1B}[2J,\\n\"x\u{85}", adjustment: -1000)
    let text = try BuiltCommand.run("stat", "--fixture", fixture.root, "--csv").output
    let script = #"""
      import csv, sys
      texts = {"user", "name"}
      rows = list(csv.DictReader(sys.stdin))
      for row in rows:
        for key, value in row.items():
          if key == "killable": assert value in ("true", "false"), row
          elif key not in texts and value: float(value)
          assert all(" " <= letter and not "\x7f" <= letter <= "\x9f" for letter in value), row
      last = [row for row in rows if row["pid"] == "40"][0]
      assert last["rank"] == "" and last["killable"] == "false", last
      assert last["name"] == r'\x1b[2J,\x0a"x\x85', last["name"]
      print(len(rows))
      """#
    let file = fixture.root + "/table.csv"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    let result = try BuiltCommand.run(
      ["-c", "exec python3 -c \"$1\" < \"$2\"", "sh", script, file], by: "/bin/sh")
    #expect(result.output == "4\n", "\(result.complaint)")
  }

  /// The table of limits that a mount of control groups would have.
  @Test func `ranks in a control group are by its limit, beside the machine's`() throws {
    let fixture = try fixture()
    try fixture.write(
      "self/mountinfo", "30 20 0:26 / \(fixture.root)/groups rw - cgroup2 cgroup2 rw\n")
    try fixture.write("groups/memory.current", "1\n")
    for (group, limit, together) in [("x", "\(200 << 20)", 1), ("x/y", "max", 0), ("z", "max", 0)] {
      try fixture.write("groups/\(group)/memory.max", limit + "\n")
      try fixture.write("groups/\(group)/memory.swap.max", "0\n")
      try fixture.write("groups/\(group)/memory.current", "5000\n")
      try fixture.write("groups/\(group)/memory.oom.group", "\(together)\n")
    }
    try fixture.add(50, size: 200_000, resident: 113 << 10, cgroup: "/x/y")
    try fixture.add(51, size: 200_000, resident: 33 << 10, adjustment: 300, cgroup: "/x")
    func run(_ arguments: String...) throws -> BuiltCommand.Outcome {
      try BuiltCommand.run(["stat", "--fixture", fixture.root, "--sort", "rank"] + arguments)
    }
    let machine = try run("--csv", "--columns", "pid,rank", "50", "51").output
    #expect(machine == "pid,rank\n51,2\n50,3\n")
    let columns = "pid,rank,machinerank,cgrouplimit,cgroupuse"
    let inside = try run("--cgroup", "/x", "--csv", "--columns", columns).output
    #expect(
      inside == "pid,rank,machinerank,cgrouplimit,cgroupuse\n50,1,3,\(200 << 20),5000\n"
        + "51,2,2,\(200 << 20),5000\n")
    // Of a group below, too: the limit is that of the group above, which kills all of its processes.
    let below = try run("--cgroup", "/x/y").output
    #expect(below.contains("RANK is for the limit of /x, 200 MiB; MRANK is the machine's\n"))
    #expect(below.contains("all processes of /x are killed together (memory.oom.group)\n"))
    #expect(!(try run("--cgroup", "/b").output.contains("RANK is for the limit")))
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
    #expect(try run("--total").output.contains("committed  14.7 MB (29.2% of reserved)\n"))
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
