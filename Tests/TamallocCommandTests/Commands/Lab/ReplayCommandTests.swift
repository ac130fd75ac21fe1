// SPDX-License-Identifier: MIT

import Foundation
import Laboratory
import Testing

@testable import TamallocCommand

@Suite struct ReplayCommandTests {
  static func record(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try BuiltCommand.run(["lab", "replay", "--json"] + arguments)
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(outcome.complaint.isEmpty, "something was said in a pipe: \(outcome.complaint)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func `the JSON has the keys that were promised, for every allocator`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(300)
    let record = try Self.record([trace])
    #expect(record["trace"] as? String == trace)
    let reading = try #require(record["readingSeconds"] as? Double)
    let allocators = try #require(record["allocators"] as? [[String: Any]])
    #expect(
      allocators.compactMap { $0["name"] as? String } == AllocatorName.allCases.map(\.rawValue))
    for allocator in allocators {
      #expect(allocator["passed"] as? Bool == true)
      for key in [
        "penalty", "nanosecondsPerOperation", "replaySeconds", "seconds", "score", "pagesRequested",
        "pagesFreed", "pagesPeak",
      ] {
        #expect(try #require(allocator[key] as? Double) > 0, "\(key) in \(allocator)")
      }
      #expect(allocator["pagesInUse"] as? Int == 0)
      let seconds = try #require(allocator["seconds"] as? Double)
      let replay = try #require(allocator["replaySeconds"] as? Double)
      #expect(seconds > reading + replay, "it starts, too")
      let penalty = try #require(allocator["penalty"] as? Double)
      let score = try #require(allocator["score"] as? Double)
      #expect(abs(score - seconds * (1 + penalty)) < 1e-9)
      for kind in ["allocate", "free"] {
        let latency = try #require(allocator[kind] as? [String: Double])
        let ordered = try ["p50", "p99", "p999", "worst"].map { try #require(latency[$0]) }
        #expect(ordered == ordered.sorted() && ordered[3] > 0)
      }
    }
  }

  @Test func `a second implementation finds the same penalty in the data file`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(2000)
    let record = try Self.record([
      trace, "--allocator", "buddy,near-best-fit", "--data", folder.path("kma_output.dat"),
    ])
    #expect(
      try folder.names == ["a.trace", "kma_output-buddy.dat", "kma_output-near-best-fit.dat"])
    for allocator in try #require(record["allocators"] as? [[String: Any]]) {
      let name = try #require(allocator["name"] as? String)
      let other = try LaboratoryFolder.python("penalty.py", folder.path("kma_output-\(name).dat"))
      #expect(other.status == 0, "\(other.complaint)")
      let figures = other.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      try #require(figures.count == 2, "\(other.output)")
      #expect(abs(try #require(allocator["penalty"] as? Double) - figures[0]) < 1e-9)
      #expect(abs(try #require(allocator["utilisation"] as? Double) - figures[1]) < 1e-9)
    }
  }

  @Test func `the last lines are the course's`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.write("4\nREQUEST 0 100\nREQUEST 1 8184\nFREE 0\nFREE 1\n")
    let checked = try BuiltCommand.run("lab", "replay", trace, "--allocator", "dummy")
    #expect(checked.status == 0)
    #expect(
      checked.output.hasPrefix(
        "Page Requested/Freed/In Use:     2/    2/    0\nTest: PASS\n"), "\(checked.output)")
    let raced = try BuiltCommand.run(
      "lab", "replay", trace, "--allocator", "dummy", "--competition")
    // (8092 / 100 + 8100 / 8284 + 8 / 8184) / 3
    #expect(
      raced.output.hasPrefix(
        """
        Page Requested/Freed/In Use:     2/    2/    0
        Competition average ratio: 27.299589
        Test: PASS

        """), "\(raced.output)")
  }

  @Test(arguments: [
    ("", "line 1"), ("x\n", "line 1"), ("2\nREQUEST 0 5\n", "line 3"),
    ("1\nREQUEST 0 -5\n", "line 2, field 3"), ("2\nREQUEST 0 5\nFREE 1\n", "line 3, field 2"),
    ("3\nREQUEST 0 5\nFREE 0\nFREE 0\n", "line 4"), ("1\n\u{0}\u{FFFD}\n", "line 2"),
    ("1\nREQUEST 0 99999999999999999\n", "line 2, field 3"),
    ("1\nREQUEST 0 5\nFREE 0\n", "line 3"),
  ])
  func `a malformed trace is refused with its line`(text: String, phrase: String) throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.write(text)
    let outcome = try BuiltCommand.run(
      "lab", "replay", trace, "--data", folder.path("d"), "--plot", folder.path("p"))
    #expect(outcome.status == 2 && outcome.output.isEmpty)
    #expect(outcome.complaint.contains("\(trace): \(phrase)"), "\(outcome.complaint)")
    #expect(try folder.names == ["a.trace"], "something was left behind")
  }

  @Test func `exhaustion is a failure that names its event`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.write(
      "6\nREQUEST 0 8000\nREQUEST 1 8000\nREQUEST 2 7000\nREQUEST 3 6000\nFREE 2\nFREE 0\n")
    let outcome = try BuiltCommand.run(
      "lab", "replay", trace, "--allocator", "dummy", "--max-pages", "2")
    #expect(outcome.status == 1)
    let message = "event 3: the allocation of 7000 bytes failed: no page is left of 2"
    #expect(
      outcome.output.hasPrefix(
        """
        Page Requested/Freed/In Use:     2/    1/    1
        \(message) (2 were refused)
        Test: FAILED

        """), "\(outcome.output)")
    #expect(outcome.complaint.contains("dummy failed on \(trace): \(message)"))
  }

  @Test(arguments: [
    (["--allocator", "buddies"], 2, "'buddies'"), (["--allocator", ""], 2, "near-best-fit"),
    (["--page-size", "5000"], 2, "5000"), (["--page-size", "2048"], 2, "2048"),
    (["--page-size", "1MiB"], 2, "65536"), (["--max-pages", "0"], 2, "0"),
    (["--max-pages", "-1"], 2, "-1"), (["--pages", "heap"], 2, "mapped"),
    (["--scale", "0"], 2, "'0'"), (["--scale", "1/0"], 2, "'1/0'"), (["--scale", "x"], 2, "'x'"),
    (["--scale", "nan"], 2, "'nan'"), (["--at-least", "10", "--at-most", "5"], 2, "--at-most"),
    (["--data", "/dev/full"], 3, "/dev/full"), (["--plot", "/dev/full"], 3, "/dev/full"),
    (["--data", "/nonexistent/d"], 3, "/nonexistent/d"), (["--data", ""], 2, "--data"),
    (["--data", "/"], 3, "/"),
  ])
  func `bad arguments and places are said`(arguments: [String], status: Int32, phrase: String)
    throws
  {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(100)
    // One allocator, unless the test names others.
    let usual = arguments.contains("--allocator") ? [] : ["--allocator", "buddy"]
    let outcome = try BuiltCommand.run(["lab", "replay", trace] + usual + arguments)
    #expect(outcome.status == status, "\(outcome.complaint)")
    #expect(outcome.complaint.contains(phrase), "\(outcome.complaint)")
    #expect(!outcome.complaint.contains("Fatal"), "\(outcome.complaint)")
  }

  @Test func `a trace that is not there is bad input`() throws {
    for path in ["/nonexistent/a.trace", "/"] {
      let outcome = try BuiltCommand.run("lab", "replay", path)
      #expect(outcome.status == 2 && outcome.complaint.contains(path), "\(outcome.complaint)")
    }
  }

  @Test func `what was left out is said, and what no page holds`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(400, sizes: 8...100_000)
    let whole = try Self.record([trace, "--allocator", "buddy"])
    let above = try #require((whole["leftOut"] as? [String: Int])?["aboveOnePage"])
    #expect(above > 0)
    let text = try BuiltCommand.run("lab", "replay", trace, "--allocator", "buddy").output
    #expect(text.contains("8,184 bytes: \(above)"), "\(text)")
    let some = try Self.record([trace, "--allocator", "buddy", "--at-most", "8184"])
    let out = try #require(some["leftOut"] as? [String: Int])
    #expect(out["requests"] == above && out["events"] == 2 * above && out["aboveOnePage"] == 0)
    #expect(some["events"] as? Int == 800 - 2 * above)
    let scaled = try Self.record([trace, "--allocator", "buddy", "--scale", "1/16"])
    #expect((scaled["leftOut"] as? [String: Int])?.values.allSatisfy { $0 == 0 } == true)
  }

  @Test(arguments: ["4096", "8K", "16384", "32KiB", "65536"])
  func `pages of every size and source do`(size: String) throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(300, sizes: 8...4000)
    for source in PageSourceName.allCases {
      let record = try Self.record([trace, "--page-size", size, "--pages", source.rawValue])
      #expect(record["pages"] as? String == source.rawValue)
    }
  }

  @Test func `a plot is drawn, whole`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(300)
    _ = try Self.record([trace, "--allocator", "buddy,dummy", "--plot", folder.path("a.svg")])
    let svg = try String(contentsOfFile: folder.path("a.svg"), encoding: .utf8)
    #expect(svg.hasSuffix("</svg>\n"))
    for word in ["requested", "allocated", "waste", "buddy", "dummy", "penalty"] {
      #expect(svg.contains(word), "\(word) is not in the picture")
    }
    #expect(try folder.names == ["a.svg", "a.trace"])
  }

  @Test func `a reader that has seen enough ends it quietly`() throws {
    let folder = try LaboratoryFolder()
    let trace = try folder.trace(300)
    let script =
      "\"$0\" lab replay \"$1\" --data /dev/stdout --allocator buddy | head -1; "
      + "echo ${PIPESTATUS[0]}"
    let outcome = try BuiltCommand.run(
      ["-c", script, BuiltCommand.path, trace], by: "/bin/bash")
    // 600 lines may fit into the pipe; what is written behind its end is not complained of.
    #expect(["0 0 0\n141\n", "0 0 0\n0\n"].contains(outcome.output), "\(outcome.output)")
    #expect(outcome.complaint.isEmpty, "\(outcome.complaint)")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func `Ctrl-C leaves no half-written file`(signal: Int32) throws {
    let folder = try LaboratoryFolder()
    let process = Process()
    let pipe = Pipe()
    // Whoever runs the tests may ignore signals, and a process inherits that.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "--default-signal=INT,TERM", BuiltCommand.path, "lab", "replay", "-", "--allocator", "buddy",
      "--data", folder.path("d.dat"), "--plot",
      folder.path("p.svg"),
    ]
    process.standardInput = pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // More than a pipe holds: when it is written, the command reads.
    var text = "2000000\n"
    for id in 0..<20_000 { text += "REQUEST \(id) 100\n" }
    try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
    #expect(try folder.names == [])
  }

  @Test func `memory does not grow with the trace`() throws {
    func peak(_ count: Int) throws -> Int {
      let outcome = try LaboratoryFolder.python(
        "peak.py", String(count), BuiltCommand.path, "lab", "replay", "-", "--allocator", "buddy",
        "--competition")
      let figures = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      try #require(figures.count == 2 && figures[0] == 0, "\(outcome.output)\(outcome.complaint)")
      return figures[1]
    }
    // Both are longer than one batch. To hold their steps alone would take 16 MiB for each million.
    let (short, long) = try (peak(600_000), peak(1_800_000))
    #expect(long - short < 4096, "\(short) KiB grew to \(long) KiB")
  }
}
