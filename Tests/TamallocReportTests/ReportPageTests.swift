// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

@testable import TamallocReport

/// The report in a browser, with the laboratory's pages within it.
@Suite struct ReportPageTests {
  /// Runs the command that lies beside the tests, and keeps a page that it makes as a step's.
  private func keepPage(_ step: String, in report: RecordedReport, _ words: [String]) throws {
    let process = Process()
    process.executableURL = Bundle.main.bundleURL.appending(path: "tamalloc")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(words)")
    try report.keep(step, output: "")
  }

  @Test(.enabled(if: Browser.isInstalled, "Chromium is not installed: see make setup-test"))
  func `the report is readable, and the pages within it play`() throws {
    let report = try RecordedReport()
    try report.keepAll()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let trace = report.path + "/maps.trace"
    try keepPage("trace-maps", in: report, ["lab", "generate", "150", "--seed", "2", "-o", trace])
    try keepPage(
      "maps", in: report, ["lab", "compare", trace, "--report", report.path + "/maps.html"])
    try keepPage(
      "machine-page", in: report,
      [
        "lab", "machine", "--script",
        root.appending(path: "Examples/Machines/fragmentation.machine").path,
        "--report", report.path + "/machine.html",
      ])
    let pages = try Language.allCases.map { language in
      let path = report.path + "/report-\(language.rawValue).html"
      try report.html(language).write(toFile: path, atomically: false, encoding: .utf8)
      return (kind: Browser.Kind.report, path: path)
    }
    for fault in try Browser.faults(in: pages) { Issue.record("\(fault)") }
  }
}
