// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// `tamalloc stat`, as a person and as a script run it.
@Suite(.serialized) struct StatCommandTests {
  /// A folder with three processes: 1 and its children 20 and 300.
  private func fixture() throws -> String {
    let root = NSTemporaryDirectory() + "tamalloc-stat-\(UUID().uuidString)"
    func write(_ path: String, _ text: String) throws {
      let file = URL(filePath: root + "/" + path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let meminfo = [
      "MemTotal: 4096000 kB", "SwapTotal: 0 kB", "AnonPages: 1024 kB", "Mapped: 1024 kB",
    ]
    try write("meminfo", meminfo.joined(separator: "\n") + "\n")
    for (pid, name, uid, resident) in [
      (1, "init", 0, 2048), (20, "alpha", 0, 8192), (300, "beta\\nray", 65534, 4096),
    ] {
      try write(
        "\(pid)/status",
        """
        Name:\t\(name)
        State:\tS
        PPid:\t\(pid == 1 ? 0 : 1)
        Uid:\t\(uid)\t0\t0\t0
        VmSize:\t16384 kB
        VmRSS:\t\(resident) kB
        RssAnon:\t\(resident) kB
        RssFile:\t0 kB
        RssShmem:\t0 kB
        VmPTE:\t40 kB
        VmSwap:\t0 kB

        """)
      try write("\(pid)/oom_score_adj", pid == 300 ? "500\n" : "0\n")
      try write("\(pid)/cgroup", pid == 20 ? "0::/a.slice/x\n" : "0::/b\n")
    }
    return root
  }

  private func run(_ arguments: String...) throws -> BuiltCommand.Outcome {
    let root = try fixture()
    defer { try? FileManager.default.removeItem(atPath: root) }
    return try BuiltCommand.run(["stat", "--fixture", root] + arguments)
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
    ["--total", "--csv"], ["--fixture", "/nowhere"], ["--source", "tea"],
  ])
  func `bad arguments are 2`(arguments: [String]) throws {
    #expect(try BuiltCommand.run(["stat"] + arguments).status == 2)
  }

  @Test func `the real /proc has this process, and the time to say so`() throws {
    let outcome = try BuiltCommand.run(["stat", "--json", "\(getpid())"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"pid\":\(getpid()),"))
  }

  @Test func `a command's status is kept by watch`() throws {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)] {
      let outcome = try BuiltCommand.run(["watch", "--", "sh", "-c", script])
      #expect(outcome.status == Int32(status))
      #expect(outcome.output.isEmpty)
    }
    #expect(try BuiltCommand.run(["watch", "--", "/no/such/program"]).status == 2)
    #expect(try BuiltCommand.run(["watch"]).status == 2)
    #expect(try BuiltCommand.run(["watch", "999999999"]).status == 1)
  }

  @Test func `watch draws what it follows`() throws {
    let file = NSTemporaryDirectory() + "tamalloc-watch-\(getpid()).svg"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try BuiltCommand.run([
      "watch", "--for", "0.3", "--interval", "0.1", "--plot", file, "\(getpid())",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("committed"))
    #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("<?xml"))
    let json = try BuiltCommand.run([
      "watch", "--for", "0.3", "--interval", "0.1", "--json", "\(getpid())",
    ]).output
    #expect(json.split(separator: "\n").count >= 3)
  }

  /// This process belongs to root, and nobody may read what shares its pages.
  @Test(.enabled(if: getuid() == 0, "only root can become nobody"))
  func `what nobody may not read is a dash, a footer and null`() throws {
    // The build's folder may be root's alone, so the command stands where nobody can reach it.
    let copy = "/tmp/tamalloc-nobody-\(getpid())"
    try FileManager.default.copyItem(atPath: BuiltCommand.path, toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    func asNobody(_ arguments: String...) throws -> BuiltCommand.Outcome {
      let become = ["--reuid=65534", "--regid=65534", "--clear-groups", copy]
      return try BuiltCommand.run(become + arguments, by: "/usr/bin/setpriv")
    }
    let table = try asNobody("stat", "--pss", "\(getpid())")
    #expect(table.status == 0, "\(table.complaint)")
    #expect(table.output.contains("can't be read for 1 of 1 processes"), "\(table.output)")
    let json = try asNobody("stat", "--pss", "--json", "\(getpid())")
    #expect(json.output.contains("\"pssBytes\":null"), "\(json.output)")
    #expect(!json.output.contains("\"committedBytes\":null"), "\(json.output)")
    let ours = try BuiltCommand.run("stat", "--pss", "--json", "\(getpid())")
    #expect(!ours.output.contains("\"pssBytes\":null"), "\(ours.output)")
  }
}
