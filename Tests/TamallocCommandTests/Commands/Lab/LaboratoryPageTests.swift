// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// The laboratory's pages in a browser, in both languages.
@Suite struct LaboratoryPageTests {
  /// The report shows the pages within it in its own language so.
  private func spanish(_ path: String) throws -> String {
    let page = try String(contentsOfFile: path, encoding: .utf8)
    let copy = path.replacing(".html", with: "-es.html")
    let changed = page.replacing(
      "<html lang=\"en-GB\">", with: "<html lang=\"es\">", maxReplacements: 1)
    try #require(changed != page)
    try changed.write(toFile: copy, atomically: false, encoding: .utf8)
    return copy
  }

  @Test(.enabled(if: Browser.isInstalled, "Chromium is not installed: see make setup-test"))
  func `the page of compare plays, and shows what its data say`() throws {
    let folder = try LaboratoryFolder()
    // On the second the dummy, which takes a page for each block, has too few.
    let traces = try [
      folder.trace(150, name: "a.trace"), folder.trace(400, sizes: 8...2000, name: "b.trace"),
    ]
    let page = folder.path("compare.html")
    let outcome = try BuiltCommand.run(
      ["lab", "compare", "--max-pages", "130", "--report", page] + traces)
    #expect(outcome.output.contains("failed"), "\(outcome)")
    let faults = try Browser.faults(in: [(.compare, page), (.compare, spanish(page))])
    for fault in faults { Issue.record("\(fault)") }
  }

  @Test(.enabled(if: Browser.isInstalled, "Chromium is not installed: see make setup-test"))
  func `the page of a machine plays, and shows what its data say`() throws {
    let folder = try LaboratoryFolder()
    let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Examples/Machines")
    var pages: [(kind: Browser.Kind, path: String)] = []
    // Frames one by one, and several in a square; two nodes.
    for name in ["fragmentation", "numa-fallback"] {
      let page = folder.path("\(name).html")
      let outcome = try BuiltCommand.run(
        "lab", "machine", "--script", examples.appending(path: "\(name).machine").path,
        "--report", page)
      #expect(outcome.status == 0, "\(outcome.complaint)")
      pages.append((.machine, page))
    }
    pages.append((.machine, try spanish(pages[1].path)))
    for fault in try Browser.faults(in: pages) { Issue.record("\(fault)") }
  }
}
