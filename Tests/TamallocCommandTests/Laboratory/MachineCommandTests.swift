// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocCommand

@Suite("tamalloc lab machine, tamalloc lab explain")
struct MachineCommandTests {
  @Test("a script runs, views are shown and written, and the page stands alone")
  func machine() throws {
    let folder = try LaboratoryFolder()
    let script = try folder.write(
      "machine x86-64 ram 16MiB\nalloc a 3 count 4\nspawn p\nexpect held a = 4\n", to: "a.machine")
    let outcome = try BuiltCommand.run(
      "lab", "machine", "--script", script, "--show", "buddyinfo,meminfo", "--procfs",
      folder.path("proc"), "--report", folder.path("r.html"))
    #expect(outcome.status == 0 && outcome.complaint.isEmpty, "\(outcome.complaint)")
    let buddyinfo = try String(contentsOfFile: folder.path("proc/buddyinfo"), encoding: .utf8)
    let meminfo = try String(contentsOfFile: folder.path("proc/meminfo"), encoding: .utf8)
    #expect(outcome.output == buddyinfo + meminfo)
    #expect(buddyinfo.hasPrefix("Node 0, zone      DMA "))
    let status = try String(contentsOfFile: folder.path("proc/1/status"), encoding: .utf8)
    #expect(status.hasPrefix("Name:\tp\n"), "\(status)")
    let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("alloc a 3 count 4") && !page.contains("%DATA%"))
  }

  @Test(
    "what is wrong is said, with the line",
    arguments: [
      ("expect 1 = 2\n", [], 1, "line 1"), ("tick\nnonsense\n", [], 2, "line 2"),
      ("free a\n", [], 2, "line 1"), ("alloc a 10 GFP_DMA count 9\n", [], 1, "line 1"),
      ("", ["--ram", "1"], 2, "no page frame"), ("", ["--nodes", "0"], 2, "0 nodes"),
      ("", ["--model", "pdp11"], 2, "pdp11"), ("", ["--show", "odd"], 2, "odd"),
      ("", ["--report", "/nonexistent/r.html"], 3, "/nonexistent/r.html"),
      ("", ["--procfs", "/nonexistent/proc"], 3, "/nonexistent/proc"),
    ] as [(String, [String], Int32, String)])
  func complaints(script: String, options: [String], status: Int32, phrase: String) throws {
    let folder = try LaboratoryFolder()
    let path = try folder.write(script, to: "a.machine")
    let outcome = try BuiltCommand.run(["lab", "machine", "--script", path] + options)
    #expect(outcome.status == status && outcome.complaint.contains(phrase), "\(outcome)")
  }

  @Test("a frame is explained by its number and by its addresses")
  func explain() throws {
    let texts = try ["4096", "0x1000000", "0xffff888001000000"].map { frame in
      let outcome = try BuiltCommand.run("lab", "explain", frame, "--ram", "64MiB")
      #expect(outcome.status == 0, "\(outcome.complaint)")
      return outcome.output
    }
    #expect(texts[0].hasPrefix("page frame 4096 ") && texts[0].contains("DMA32"))
    #expect(Set(texts).count == 1, "\(texts)")
    for frame in ["", "x", "0xg", "-1", "99999999999999999999", "999999999"] {
      let outcome = try BuiltCommand.run(["lab", "explain", "--ram", "64MiB", "--", frame])
      #expect(outcome.status == 2, "\(frame): \(outcome)")
    }
  }
}
