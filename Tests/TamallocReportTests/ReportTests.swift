// SPDX-License-Identifier: MIT

import Foundation
import FoundationXML
import Testing

@testable import TamallocReport

@Suite struct WrittenReportTests {
  @Test func `figures of the recordings stand in both files`() throws {
    let report = try RecordedReport()
    try report.keepAll()
    let demo = try JSONSerialization.jsonObject(
      with: Data(RecordedReport.recorded("demo.json").utf8))
    let allocators = try #require((demo as? [String: Any])?["allocators"] as? [[String: Any]])
    let steps = try #require(allocators[0]["steps"] as? [[String: Any]])
    let resident = try #require(steps[0]["residentBytes"] as? Int)
    for text in [report.html(), report.markdown()] {
      for allocator in allocators {
        let name = try #require(allocator["name"] as? String)
        #expect(text.contains(name))
      }
      #expect(text.contains("\(resident >> 20).") || text.contains("\(resident >> 20) MiB"))
      #expect(text.contains("near-best-fit"))
      #expect(text.contains("4 expectations held"))
    }
  }

  @Test(arguments: [true, false])
  func `every figure's command is named`(isQuick: Bool) throws {
    let report = try RecordedReport(isQuick: isQuick)
    try report.keepAll()
    let text = report.markdown()
    let outputs = isQuick ? RecordedReport.outputs : RecordedReport.longOutputs
    for name in outputs.keys {
      let steps = SectionName.allCases.flatMap { report.plan.steps(of: $0) }
      let step = try #require(steps.first { $0.name == name })
      #expect(text.contains("`\(step.line)`"), "\(name)")
    }
  }

  @Test(arguments: Language.allCases)
  func `an empty folder makes a report that says what is missing`(language: Language) throws {
    let report = try RecordedReport()
    for section in SectionName.allCases {
      let blocks = report.section(section, language).blocks
      guard !report.plan.steps(of: section).isEmpty else { continue }
      #expect(
        blocks.contains { if case .missing = $0 { true } else { false } },
        "\(section) says nothing")
    }
    #expect(report.markdown(language).contains(Phrase.notMeasured.text(language)))
  }

  @Test func `a command that failed is shown with its last words`() throws {
    let report = try RecordedReport()
    try report.keep("demo", output: "", status: 3, errors: "first\nno <memory> & more\n")
    #expect(report.markdown().contains("exit status 3: no <memory> & more"))
    #expect(report.html().contains("exit status 3: no &lt;memory&gt; &amp; more"))
  }

  /// The figures of the recordings, read by Foundation, are those of the tables.
  @Test(arguments: Language.allCases)
  func `figures of the long run's recordings stand in the report`(language: Language) throws {
    let report = try RecordedReport(isQuick: false)
    try report.keepAll()
    let text = report.markdown(language)
    func object(_ file: String) throws -> [String: Any] {
      let data = Data(try RecordedReport.recorded(file).utf8)
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    for row in try #require(object("peers.json")["rows"] as? [[String: Any]]) {
      let faults = try #require(row["minorFaults"] as? Double)
      let grouped = Figure(language: language).grouped(Int(faults))
      #expect(text.contains("| \(row["name"] ?? "") |") && text.contains(" \(grouped) |"), "\(row)")
    }
    for row in try #require(object("statistics-peers.json")["once"] as? [[String: Any]]) {
      guard let cost = row["microsecondsPerProcess"] as? Double else { continue }
      #expect(text.contains("| \(Figure(language: language).short(cost)) |"), "\(row)")
    }
    let tests = try #require(object("compare.json")["tests"] as? [[String: Any]])
    for test in tests {
      let key = try #require(test["key"] as? String)
      #expect(text.contains("| \(Vocabulary.comparison.text(key, language)) |"), "\(key)")
    }
    let passed = "\(tests.count { $0["passed"] as? Bool == true })"
    #expect(
      text.contains(
        Phrase.comparedProcesses.text(language, passed, "\(tests.count)", "25, 1")))
    for row in try #require(object("model-benchmark.json")["rows"] as? [[String: Any]]) {
      let median = try #require(row["median"] as? Double)
      #expect(text.contains("| \(Figure(language: language).short(median)) |"), "\(row)")
    }
  }

  @Test func `the heap's ratios are to the quickest other one`() throws {
    let data = Data(try RecordedReport.recorded("heap.json").utf8)
    let heap = try JSONDecoder().decode(Recorded.Heap.self, from: data)
    let table = try #require(heap.tables.first)
    #expect(table.kind == "calloc" && table.allocators.first == "tamalloc" && table.rows.count > 2)
    for row in table.rows {
      let times = row.results.compactMap { $0?.nanoseconds }
      try #require(times.count == table.allocators.count)
      #expect(row.ratio == times[0] / times[1...].min()!, "\(row)")
    }
  }

  @Test func `days are counted from the history, in UTC`() throws {
    let report = try RecordedReport()
    try report.keep(
      "history",
      output: """
        {"commit": "a", "time": "2026-11-20T23:30:00-01:00"}
        {"commit": "b", "time": "2026-11-21T12:00:00Z"}
        {"commit": "c", "time": "2026-11-22T01:00:00+02:00"}
        {"commit": "d", "time": "2026-11-22T08:00:00+00:00"}
        """)
    let text = report.markdown()
    #expect(text.contains("| 2026-11-21 | 00:30 – 23:00 | 3 |"))
    #expect(text.contains("| 2026-11-22 | 08:00 – 08:00 | 1 |"))
  }

  @Test func `a step says what kept it from running`() throws {
    let report = try RecordedReport()
    try report.keep("kernel-build", output: "", status: 1, errors: "no compiler")
    #expect(report.markdown().contains("exit status 1: no compiler"))
  }

  @Test func `a short run says what it left out, and a long one leaves nothing out`() throws {
    let short = ReportPlan(isQuick: true, folder: "f")
    let long = ReportPlan(isQuick: false, folder: "f")
    let missing = SectionName.allCases.flatMap { short.leftOut(of: $0) }
    #expect(!missing.isEmpty)
    let lines = SectionName.allCases.flatMap { long.steps(of: $0) }.map(\.line)
    for step in missing { #expect(lines.contains(step.line), "\(step.name)") }
    #expect(SectionName.allCases.allSatisfy { long.leftOut(of: $0).isEmpty })
  }

  /// The page holds nothing that a browser would have to load.
  @Test func `the page needs nothing from elsewhere`() throws {
    let report = try RecordedReport()
    try report.keepAll()
    let html = report.html()
    for mark in ["<link", "<img", "src=\"http", "@import", "url("] {
      #expect(!html.contains(mark), "\(mark)")
    }
  }

  /// Foundation's parser is not ours: every element that is opened is closed, in order.
  @Test(arguments: Language.allCases)
  func `the page is well-formed`(language: Language) throws {
    let report = try RecordedReport()
    try report.keepAll()
    let html = report.html(language)
    let start = try #require(html.range(of: "<header>"))
    let end = try #require(html.range(of: "</html>"))
    let body = "<body>" + html[start.lowerBound..<end.lowerBound] + "</body>"
    let parser = XMLParser(data: Data(body.utf8))
    let isWellFormed = parser.parse()
    #expect(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  @Test func `noise is shown from least to most`() throws {
    let english = Figure(language: .english)
    let spread = try #require(Spread([4, 1, 3]))
    #expect(spread.text { english.decimal($0, digits: 1) } == "3.0 (1.0–4.0)")
    #expect(Spread([2.0, 2.01])?.text { english.decimal($0, digits: 1) } == "2.0")
    #expect(Spread([2.0])?.text { english.decimal($0, digits: 0) } == "2")
    #expect(Spread([]) == nil)
  }

  @Test(arguments: [
    (0.0, "0"), (1.234, "1.23"), (12.34, "12.3"), (1234567.8, "1,234,568"), (-0.5, "-0.50"),
  ])
  func `figures have three digits that count`(value: Double, text: String) {
    #expect(Figure(language: .english).short(value) == text)
    // A comma is a decimal point's, where Spanish is read.
    #expect(!Figure(language: .spanish).short(value).contains(","))
  }

  @Test func `texts of others break neither file`() throws {
    let cell = "a|b <i>&\"`x`"
    let table = Table(header: ["h"], rows: [[cell]])
    let section = WrittenSection(name: .machine, blocks: [.table(table)])
    let html = HTMLWriter(language: .english).page([section], subtitle: "")
    #expect(html.contains("<td>a|b &lt;i&gt;&amp;&quot;<code>x</code></td>"))
    let markdown = MarkdownWriter(language: .english).text([section], subtitle: "")
    #expect(markdown.contains("| a\\|b <i>&\"`x` |"))
    // A sign with an accent is not that sign, for Swift; for a browser it is.
    let page = ReportBlock.page(title: "\u{1}t", html: "<p>\"\u{301}\u{0}\n<\u{338}//\n</p>")
    let framed = HTMLWriter(language: .english)
      .page([WrittenSection(name: .machine, blocks: [page])], subtitle: "")
    #expect(
      framed.contains(
        "title=\"t\" srcdoc=\"&lt;p&gt;&quot;\u{301}\n&lt;\u{338}//\n&lt;/p&gt;\"></iframe>"))
  }
}
