// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocCommand

@Suite struct MachineCommandTests {
  @Test func `a script runs, views are shown and written, and the page stands alone`() throws {
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
    let node = try String(
      contentsOfFile: folder.path("proc/sys/devices/system/node/node0/meminfo"), encoding: .utf8)
    #expect(node.hasPrefix("Node 0 MemTotal:          16384 kB\n"), "\(node)")
    let status = try String(contentsOfFile: folder.path("proc/1/status"), encoding: .utf8)
    #expect(status.hasPrefix("Name:\tp\n"), "\(status)")
    let page = try String(contentsOfFile: folder.path("r.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("alloc a 3 count 4") && !page.contains("%DATA%"))
  }

  @Test func `JSON says what the views say`() throws {
    let folder = try LaboratoryFolder()
    let script = try folder.write(
      """
      machine x86-64 ram 5GiB nodes 2 cpus 2 swap 4MiB
      alloc a 3 count 4
      slab create inodes 600
      slab alloc inodes i count 7
      spawn p
      tamalloc m p 64KiB
      touch m write
      say "a tab\t, and é"
      expect held a = 4
      """, to: "a.machine")
    let views = try BuiltCommand.run(
      "lab", "machine", "--script", script, "--procfs", folder.path("proc"))
    #expect(views.status == 0, "\(views)")
    let outcome = try BuiltCommand.run("lab", "machine", "--script", script, "--json")
    #expect(outcome.status == 0 && outcome.complaint.isEmpty, "\(outcome.complaint)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let record = try #require(object as? [String: Any])
    let zones = try #require(record["zones"] as? [[String: Any]])

    // "Node 0, zone      DMA      1      0 …"
    var lines: [String] = []
    for zone in zones {
      let blocks = try #require(zone["freeBlocks"] as? [Int])
      let words = ["\(zone["node"] ?? "")", "\(zone["type"] ?? "")"] + blocks.map(String.init)
      lines.append(words.joined(separator: " "))
    }
    let buddyinfo = try String(contentsOfFile: folder.path("proc/buddyinfo"), encoding: .utf8)
    let expected = buddyinfo.split(separator: "\n").map { line in
      line.replacing("Node ", with: "").replacing(", zone", with: " ").split(separator: " ")
        .joined(separator: " ")
    }
    #expect(lines == expected)

    let slabinfo = try String(contentsOfFile: folder.path("proc/slabinfo"), encoding: .utf8)
    for cache in try #require(record["slabCaches"] as? [[String: Any]]) {
      let name = try #require(cache["name"] as? String)
      let line = try #require(slabinfo.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
      let words = line.split(separator: " ").map(String.init)
      #expect(
        words[2] == "\(cache["objects"] ?? "")" && words[3] == "\(cache["strideBytes"] ?? "")")
    }
    let processes = try #require(record["processes"] as? [[String: Any]])
    #expect(processes.count == 1 && processes[0]["resident"] as? Int == 16)
    let machine = try #require(record["machine"] as? [String: Any])
    #expect(machine["presentFrames"] as? Int == 5 << 18)
    #expect(machine["distances"] as? [[Int]] == [[10, 20], [20, 10]])
    let ran = try #require(record["script"] as? [String: Any])
    #expect(ran["expectations"] as? Int == 1 && ran["failure"] == nil)
    #expect(ran["shown"] as? String == "\"a tab , and é\"\n", "\(ran)")
  }

  @Test func `JSON is whole where the script failed, and stands alone`() throws {
    let folder = try LaboratoryFolder()
    let script = try folder.write("tick\nexpect 1 = 2\n", to: "a.machine")
    let outcome = try BuiltCommand.run("lab", "machine", "--script", script, "--json")
    #expect(outcome.status == 1 && outcome.complaint.contains("line 2"), "\(outcome)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let ran = try #require((object as? [String: Any])?["script"] as? [String: Any])
    #expect((ran["failure"] as? String)?.contains("line 2") == true)
    let both = try BuiltCommand.run("lab", "machine", "--json", "--show", "meminfo")
    #expect(both.status == 2 && both.complaint.contains("--show"), "\(both)")
  }

  @Test(
    arguments: [
      ("expect 1 = 2\n", [], 1, "line 1"), ("tick\nnonsense\n", [], 2, "line 2"),
      ("free a\n", [], 2, "line 1"), ("alloc a 10 GFP_DMA count 9\n", [], 1, "line 1"),
      ("machine ram 0\n", [], 2, "line 1"),
      ("", ["--ram", "0"], 2, "0 B of RAM has no page frame"),
      ("", ["--cpus", "9999"], 2, "9999 processors"),
      ("", ["--distance", "0:1"], 2, "no distance"),
      ("", ["--distance", "0:1:20"], 2, "no node 1"),
      ("", ["--procfs", "/dev/null"], 3, "/dev/null/buddyinfo can't be written: Not a directory"),
      ("", ["--range", "1GiB"], 2, "'1GiB' is no range"),
      ("", ["--range", "2MiB@0", "--range", "1MiB@1MiB"], 2, "0x100000"),
      ("", ["--range", "2MiB@0", "--ram", "1MiB"], 2, "--ram and --range exclude"),
      ("", ["--ram", "1"], 2, "no page frame"), ("", ["--nodes", "0"], 2, "0 nodes"),
      ("", ["--model", "pdp11"], 2, "pdp11"), ("", ["--show", "odd"], 2, "odd"),
      ("", ["--report", "/nonexistent/r.html"], 3, "/nonexistent/r.html"),
      ("", ["--procfs", "/nonexistent/proc"], 3, "/nonexistent/proc"),
    ] as [(String, [String], Int32, String)])
  func `what is wrong is said, with the line`(
    script: String, options: [String], status: Int32, phrase: String
  ) throws {
    let folder = try LaboratoryFolder()
    let path = try folder.write(script, to: "a.machine")
    let outcome = try BuiltCommand.run(["lab", "machine", "--script", path] + options)
    #expect(outcome.status == status && outcome.complaint.contains(phrase), "\(outcome)")
  }

  @Test func `without a script the zones are shown at a glance`() throws {
    let outcome = try BuiltCommand.run(
      "lab", "machine", "--range", "640KiB@0", "--range", "63MiB@1MiB", "--range", "64MiB@4GiB:1")
    #expect(outcome.status == 0 && outcome.complaint.isEmpty, "\(outcome.complaint)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("x86-64, 127.63 MiB of RAM, 2 nodes, 1 processor;"), "\(lines[0])")
    func words(_ line: String) -> [String] {
      line.split(separator: " ").prefix(6).map(String.init)
    }
    let zones = lines.filter { $0.hasPrefix("0,") || $0.hasPrefix("1,") }.map(words)
    #expect(
      zones == [
        ["0,", "DMA", "0", "4095", "4000", "4000"],
        ["0,", "DMA32", "4096", "16383", "12288", "12288"],
        ["1,", "Normal", "1048576", "1064959", "16384", "16384"],
      ], "\(zones)")
    #expect(outcome.output.contains("--script FILE"))
    let folder = try LaboratoryFolder()
    let script = try folder.write("tick\n", to: "a.machine")
    #expect(
      try BuiltCommand.run("lab", "machine", "--script", script).output
        == "1 statement run; it expects nothing and shows nothing\n")
    #expect(
      try BuiltCommand.run("lab", "machine", "--procfs", folder.path("proc")).output.isEmpty)
  }

  @Test func `a frame is explained by its number and by its addresses`() throws {
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
