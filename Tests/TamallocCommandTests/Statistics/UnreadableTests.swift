// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// `tamalloc stat` by somebody who may not read everything.
@Suite(.serialized, .enabled(if: getuid() == 0, "only root can become nobody"))
struct UnreadableTests {
  /// The build's folder may be root's alone, so the command stands where nobody can reach it.
  private func withCopy<Result>(_ body: (String) throws -> Result) throws -> Result {
    let copy = "/tmp/tamalloc-nobody-\(UUID().uuidString)"
    try FileManager.default.copyItem(atPath: BuiltCommand.path, toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    return try body(copy)
  }

  /// Runs the command as nobody, behind a mount of /proc of its own where an option for that is given.
  private func asNobody(hidepid: Int? = nil, _ arguments: String...) throws -> BuiltCommand.Outcome
  {
    try withCopy { copy in
      let become =
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy] + arguments
      guard let hidepid else { return try BuiltCommand.run(become, by: "/usr/bin/env") }
      let mount = "mount -t proc -o hidepid=\(hidepid) proc /proc && exec \"$@\""
      return try BuiltCommand.run(
        ["--mount", "--propagation", "private", "sh", "-c", mount, "sh"] + become,
        by: "/usr/bin/unshare")
    }
  }

  /// The objects of JSON Lines.
  private func objects(_ outcome: BuiltCommand.Outcome) throws -> [[String: Any]] {
    try outcome.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// This process belongs to root, and nobody may read what shares its pages.
  @Test func `what nobody may not read is a dash, a footer and null`() throws {
    let table = try asNobody("stat", "--pss", "\(getpid())")
    #expect(table.status == 0, "\(table.complaint)")
    #expect(table.output.contains("can't be read for 1 of 1 processes"), "\(table.output)")
    let row = try #require(try objects(asNobody("stat", "--pss", "--json", "\(getpid())")).first)
    #expect(row["pssBytes"] is NSNull, "\(row)")
    #expect(row["committedBytes"] is Int, "\(row)")
    let ours = try BuiltCommand.run("stat", "--pss", "--json", "\(getpid())")
    #expect(try #require(try objects(ours).first)["pssBytes"] is Int, "\(ours.output)")
  }

  /// Whether a mount namespace can be made here; some containers do not allow it.
  static let canMount =
    (try? BuiltCommand.run(
      [
        "--mount", "--propagation", "private", "mount", "-t", "proc", "-o", "hidepid=2", "proc",
        "/proc",
      ],
      by: "/usr/bin/unshare"))?.status == 0

  @Test(.enabled(if: canMount, "no mount of /proc may be made here"))
  func `where hidepid locks the folders of others, only their owner is known`() throws {
    let table = try asNobody(hidepid: 1, "stat", "1", "\(getpid())")
    #expect(table.status == 0, "\(table.complaint)")
    #expect(table.output.contains("can't be read for 2 of 2 processes"), "\(table.output)")
    let rows = try objects(asNobody(hidepid: 1, "stat", "--json"))
    let row = try #require(rows.first { $0["pid"] as? Int == Int(getpid()) })
    #expect(row["uid"] as? Int == 0 && row["user"] as? String == "root", "\(row)")
    for key in ["name", "reservedBytes", "committedBytes", "committedRatio", "oomRank", "oomScore"]
    {
      #expect(row[key] is NSNull, "\(key): \(row)")
    }
    // What it sees in full is itself.
    let own = try #require(rows.first { $0["user"] as? String == "nobody" })
    #expect(own["committedBytes"] is Int, "\(own)")
    let totals = try objects(asNobody(hidepid: 1, "stat", "--total", "--json"))
    let unreadable = try #require(totals.first?["unreadableProcesses"] as? Int)
    #expect(unreadable > 1, "\(totals)")
  }

  @Test(.enabled(if: canMount, "no mount of /proc may be made here"))
  func `where hidepid hides others, they are not there, and that is no error`() throws {
    let other = try asNobody(hidepid: 2, "stat", "\(getpid())")
    #expect(other.status == 1 && other.output.isEmpty)
    #expect(other.complaint == "tamalloc: no process matches\n")
    let all = try asNobody(hidepid: 2, "stat", "--json")
    #expect(all.status == 0, "\(all.complaint)")
    let rows = try objects(all)
    #expect(!rows.isEmpty)
    #expect(rows.allSatisfy { $0["user"] as? String == "nobody" }, "\(all.output)")
    #expect(rows.allSatisfy { $0["committedBytes"] is Int }, "\(all.output)")
  }
}
