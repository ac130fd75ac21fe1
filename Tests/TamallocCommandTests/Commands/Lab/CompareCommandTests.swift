// SPDX-License-Identifier: MIT

import Foundation
import Laboratory
import Testing

@testable import TamallocCommand

@Suite struct CompareCommandTests {
  @Test func `several traces make a scoreboard, JSON and one page`() throws {
    let folder = try LaboratoryFolder()
    let traces = try [
      folder.trace(200, name: "a.trace"), folder.trace(400, sizes: 8...2000, name: "b.trace"),
    ]
    let text = try BuiltCommand.run(["lab", "compare"] + traces)
    #expect(text.status == 0, "\(text.complaint)")
    for word in ["a.trace", "b.trace", "penalty", "ns/operation", "score", "near-best-fit"] {
      #expect(text.output.contains(word), "\(word) is not in\n\(text.output)")
    }
    let outcome = try BuiltCommand.run(
      ["lab", "compare", "--json", "--report", folder.path("r.html")] + traces)
    #expect(outcome.status == 0 && outcome.complaint.isEmpty, "\(outcome.complaint)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let records = try #require(object?["traces"] as? [[String: Any]])
    #expect(records.compactMap { $0["trace"] as? String } == traces)
    let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(try folder.names == ["a.trace", "b.trace", "r.html"])
    // What the scoreboard marks as the best is the least of its column.
    let least = try records.map { record in
      try #require(record["allocators"] as? [[String: Any]])
        .compactMap { $0["penalty"] as? Double }.min()?.significant(3)
    }
    let marked = text.output.split(separator: "\n").prefix(10).joined(separator: " ")
      .split(separator: " ").filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    #expect(Set(marked) == Set(least.compactMap { $0 }))
  }

  @Test func `a failure is said, and the rest is there`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(300)
    let outcome = try BuiltCommand.run(
      "lab", "compare", trace, "--max-pages", "12", "--allocator", "dummy,best-fit", "--report",
      folder.path("r.html"))
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("dummy failed on \(trace): event "))
    #expect(outcome.output.contains("best-fit"))
    #expect(try folder.names == ["a.trace", "r.html"])
  }

  @Test(arguments: [
    (["/nonexistent/a.trace"], 2, "/nonexistent/a.trace"), ([], 2, "trace"),
    (["TRACE", "--report", "/dev/full"], 3, "/dev/full"),
    (["TRACE", "--report", "/nonexistent/r.html"], 3, "/nonexistent/r.html"),
    (["TRACE", "--report", ""], 2, "--report"),
  ])
  func `what can't be read or written is said`(arguments: [String], status: Int32, phrase: String)
    throws
  {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(50)
    let outcome = try BuiltCommand.run(
      ["lab", "compare", "--allocator", "buddy"] + arguments.map { $0 == "TRACE" ? trace : $0 })
    #expect(outcome.status == status && outcome.complaint.contains(phrase), "\(outcome.complaint)")
  }
}
