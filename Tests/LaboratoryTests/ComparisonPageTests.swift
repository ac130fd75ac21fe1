// SPDX-License-Identifier: MIT

import Foundation
import Pages
import Testing

@testable import Laboratory

@Suite struct ComparisonPageTests {
  static func page(_ comparison: Comparison) throws -> String {
    ReportPage.html(data: String(decoding: try JSONEncoder().encode(comparison), as: UTF8.self))
  }

  /// What stands between the tags of the page's data.
  static func data(of page: String) throws -> [String: Any] {
    let opening = try #require(page.range(of: "<script type=\"application/json\" id=\"data\">"))
    let closing = try #require(
      page.range(of: "</script>", range: opening.upperBound..<page.endIndex))
    let text = page[opening.upperBound..<closing.lowerBound]
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `a trace of 200,000 events makes a page below 5 MB`() throws {
    var plan = ReplayPlan(
      allocators: AllocatorName.allCases, checksBlocks: false, keepsHistory: true, runs: 1)
    // In parts, so that each allocator replays it three times and no more.
    plan.batchCapacity = 1 << 16
    let replay = try Replay(ReplayTests.trace(100_000), plan: plan)
    let name = "</script><script>alert(1)</script>\u{2028}\"\\"
    let page = try Self.page(Comparison(traces: [TracePicture(replay, trace: name)]))
    #expect(page.utf8.count < 5_000_000, "\(page.utf8.count) bytes")
    // Kept out of the expectations, which would print the page.
    for text in [
      "<script>alert", "%STYLE%", "%SCRIPT%", "%DATA%", "%TITLE%", "%MAIN%", "%PLAYER%", "http://",
      "https://", "src=", "@import",
      "url(",
    ] {
      let isThere = page.contains(text)
      #expect(!isThere, "\(text) is in the page")
    }
    let traces = try #require(try Self.data(of: page)["traces"] as? [[String: Any]])
    let record = try #require(traces[0]["record"] as? [String: Any])
    #expect(record["trace"] as? String == name && record["events"] as? Int == 200_000)
    let moments = try #require(traces[0]["moments"] as? [Int])
    #expect(moments.count > 50, "\(moments.count) moments")
  }

  @Test func `maps agree with the pages in use and keep to their budget`() throws {
    let plan = ReplayPlan(
      allocators: AllocatorName.allCases, limit: 100, keepsHistory: true, runs: 1)
    let replay = try Replay(ReplayTests.trace(2000), plan: plan)
    #expect(replay.contests.contains { !$0.passed } && replay.contests.contains { $0.passed })
    for contest in replay.contests {
      let history = try #require(contest.history)
      #expect(history.events.count <= History.most + 2)
      #expect(history.events.first == 0 && history.events.last == 4000)
      #expect(history.events == history.events.sorted())
      #expect(history.pagesInUse.max() ?? 0 <= contest.statistics.peak)
      #expect(history.pagesInUse.last == 0 && history.liveBytes.last == 0)
      for (sample, map) in zip(history.mapSamples, history.maps) {
        #expect(map.states.count { $0 != 0 } == history.pagesInUse[sample])
        // Each state stands for at least so many live bytes, and at most for a step more.
        let steps = map.states.reduce(0) { $0 + max(0, Int($1) - 2) }
        let blocks = map.states.count { $0 >= 2 }
        let live = Double(history.liveBytes[sample]) * 42 / 8192
        #expect(Double(steps) <= live && live <= Double(steps + blocks))
      }
    }
    let picture = TracePicture(replay, trace: "a")
    let whole = Comparison(traces: [picture]).traces[0]
    let small = Comparison(traces: [picture, picture], budget: whole.mapLength).traces
    #expect(small.reduce(0) { $0 + $1.mapLength } <= whole.mapLength)
    for trace in small {
      #expect(trace.moments.count < whole.moments.count)
      #expect(trace.moments.first == 0 && trace.moments.last == whole.moments.last)
      #expect(trace.histories.allSatisfy { $0.maps.count == trace.moments.count })
    }
  }

  /// Who adds a text to the page is told that it has no Spanish, and who takes one away that it still has.
  @Test func `each text of the pages has its Spanish`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Laboratory/Report/Page")
    func text(_ name: String) throws -> String {
      try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    let pairs = try text("language.js").matches(of: /"([^"]+)": "([^"]+)"/)
    let spanish = Dictionary(uniqueKeysWithValues: pairs.map { (String($0.1), String($0.2)) })
    #expect(spanish.count > 80)
    for (english, translation) in spanish {
      #expect(english.ranges(of: "{}").count == translation.ranges(of: "{}").count, "\(english)")
    }
    let scripts = try ["player", "plot", "charts", "maps", "compare", "machine"].map {
      try text("\($0).js")
    }
    .joined(separator: "\n")
    let templates = try ["shell", "player", "compare", "machine"].map { try text("\($0).html") }
      .joined()
    let titles = try text("../ReportPage.swift").matches(of: /title: "([^"]+)"/).map { ">\($0.1)<" }
    #expect(titles.count == 2)
    for said in scripts.matches(of: /say\(\s*"([^"]+)"/) {
      let words = String(said.1)
      #expect(spanish[words] != nil, "'\(words)' has no Spanish")
    }
    let names: Set<String> = [
      "%STYLE%", "%DATA%", "%SCRIPT%", "%TITLE%", "%MAIN%", "%PLAYER%",
    ]
    for shown in (templates + titles.joined()).matches(of: />([^<>]+)</) {
      let words = shown.1.trimmingCharacters(in: .whitespacesAndNewlines)
      if words.isEmpty || names.contains(words) { continue }
      #expect(spanish[words] != nil, "'\(words)' has no Spanish")
    }
    for label in templates.matches(of: /aria-label="([^"]+)"/) {
      #expect(spanish[String(label.1)] != nil, "'\(label.1)' has no Spanish")
    }
    for words in spanish.keys where !(scripts + templates + titles.joined()).contains(words) {
      Issue.record("no page says '\(words)'")
    }
  }

  @Test func `numbers are written as C writes them`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Double.random(in: -2000...2000, using: &random)
      for places in [0, 1, 3, 6] {
        // Halves fall either way, as decimals do in binary.
        let ours = value.fixed(places)
        let theirs = String(format: "%.\(places)f", value)
        let unit = pow(10, -Double(places))
        let difference = abs((Double(ours) ?? .nan) - (Double(theirs) ?? .nan))
        #expect(ours == theirs || difference < 1.5 * unit, "\(value): \(ours), \(theirs)")
        guard places > 0 else { continue }
        #expect(ours.split(separator: ".").last?.count == places, "\(value): \(ours)")
      }
    }
    #expect(0.6666666.fixed(6) == "0.666667" && 0.0.fixed(6) == "0.000000")
    #expect(0.2264.significant(3) == "0.226" && 41.23.significant(3) == "41.2")
    #expect(1234.5.significant(3) == "1235" && 0.00123456.significant(3) == "0.00123")
  }
}
