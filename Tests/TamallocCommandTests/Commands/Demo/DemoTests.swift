// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocCommand

@Suite(.serialized)
struct DemoTests {
  static func report(_ arguments: [String]) throws -> DemoRecord {
    let outcome =
      try arguments.count == 4
      ? BuiltCommand.run("demo", "--json", arguments[0], arguments[1], arguments[2], arguments[3])
      : BuiltCommand.run("demo", "--json", arguments[0], arguments[1])
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(outcome.complaint.isEmpty, "something was said in a pipe: \(outcome.complaint)")
    return try JSONDecoder().decode(DemoRecord.self, from: Data(outcome.output.utf8))
  }

  @Test(arguments: ["1GiB", "64GiB"])
  func `tamalloc commits nothing at allocation and then what is touched`(size: String) throws {
    let report = try Self.report(["--size", size, "--touch", "1%"])
    for name in [Contender.tamalloc, .tamallocFill] {
      let contender = try #require(report.allocators.first { $0.name == name })
      #expect(contender.correct == true)
      let allocation = try #require(contender.steps.first)
      #expect(allocation.name == "allocate")
      #expect(allocation.residentBytes < 256 << 10, "\(name) of \(size)")
      #expect(allocation.minorFaults < 16, "\(name) of \(size)")
      #expect((allocation.virtualBytes - report.size).magnitude < 1 << 20, "\(name) of \(size)")
      // A machine with little memory leaves the touch out.
      guard contender.leftOut.isEmpty else { continue }
      let touch = try #require(contender.steps.last)
      #expect(touch.name == "touch 1%")
      let ratio = Double(touch.residentBytes) / (Double(report.size) / 100)
      #expect(ratio > 0.95 && ratio < 1.05, "\(name) of \(size): \(touch.residentBytes) bytes")
    }
  }

  @Test(arguments: ["1", "4096", "4097", "100K", "5M", "64MiB"])
  func `every allocator is right at every size`(size: String) throws {
    let report = try Self.report(["--size", size])
    #expect(report.allocators.map(\.name) == Contender.allCases)
    for contender in report.allocators {
      #expect(contender.correct == true, "\(contender.name) of \(size)")
      #expect(
        contender.steps.map(\.name) == [
          "allocate", "touch 1%", "touch 10%", "touch 50%", "touch 100%",
        ])
      #expect(contender.verification?.isComplete == true)
    }
  }

  @Test func `malloc with memset is not optimised into calloc, and calloc is lazy`() throws {
    let report = try Self.report(["--size", "64MiB", "--touch", "1%"])
    #expect(report.allocators[0].steps[0].residentBytes >= 64 << 20)
    let calloc = try #require(report.allocators.first { $0.name == .calloc })
    #expect(calloc.steps[0].residentBytes < 1 << 20)
  }

  @Test func `the JSON has the keys that were promised`() throws {
    let outcome = try BuiltCommand.run("demo", "--json", "--size", "1M", "--fill", "0x07")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(object?["size"] as? Int == 1 << 20)
    #expect(object?["pageSize"] as? Int == sysconf(Int32(_SC_PAGESIZE)))
    let allocators = try #require(object?["allocators"] as? [[String: Any]])
    #expect(
      allocators.compactMap { $0["name"] as? String }
        == ["malloc+memset", "tamalloc-fill", "calloc", "tamalloc", "mmap"])
    #expect(allocators.compactMap { $0["fill"] as? Int } == [7, 7, 0, 0, 0])
    for step in try #require(allocators[1]["steps"] as? [[String: Any]]) {
      for key in ["name", "virtualBytes", "residentBytes", "minorFaults", "seconds"] {
        #expect(step[key] != nil, "\(key) is missing in \(step)")
      }
    }
  }

  @Test func `a measuring process does not outlive its parent`() throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: BuiltCommand.path)
    process.arguments = ["demo", "--size", "1M", "--watch"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = pipe
    try process.run()
    var text = ""
    while !text.contains("is process ") || !text.hasSuffix("\n") {
      let chunk = pipe.fileHandleForReading.availableData
      try #require(!chunk.isEmpty, "no process was named: \(text)")
      text += String(decoding: chunk, as: UTF8.self)
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    let place = try #require(words.lastIndex(of: "process"))
    let child = try #require(Int32(words[place + 1]))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    // A zombie that nobody has collected yet is as good as gone.
    for _ in 0..<100 {
      guard let status = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8),
        !status.contains(") Z")
      else { return }
      usleep(20_000)
    }
    Issue.record("process \(child) still runs")
  }

  @Test(arguments: [
    (["demo", "--size", "0"], 2, "'0'"), (["demo", "--size", "-5"], 2, "'-5'"),
    (["demo", "--touch", "101%"], 2, "'101%'"), (["demo", "--fill", "256"], 2, "'256'"),
    (["demo", "--nonsense"], 2, "--nonsense"), (["nonsense"], 2, "nonsense"),
    (["demo", "--size", "1M", "--plot", "/nonexistent/a.svg"], 3, "/nonexistent/a.svg"),
    (["demo", "--size", "1M", "--plot", "/dev/full"], 3, "/dev/full"),
    (["demo", "--size", "1PiB", "--touch", "1%"], 1, "1 PiB"), (["--version"], 0, ""),
    ([], 0, ""),
  ])
  func `exit statuses tell what was wrong`(arguments: [String], status: Int32, phrase: String)
    throws
  {
    let process = Process()
    let complaint = Pipe()
    process.executableURL = URL(filePath: BuiltCommand.path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = complaint
    try process.run()
    let text = String(decoding: complaint.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == status, "\(arguments): \(text)")
    #expect(phrase.isEmpty ? text.isEmpty : text.contains(phrase), "\(arguments): \(text)")
  }

  @Test func `a plot is written whole, and nothing is left beside it`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "plot-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.svg").path
    let outcome = try BuiltCommand.run("demo", "--size", "1M", "--plot", file)
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(!outcome.output.contains("\u{1B}"), "escape sequences in a pipe")
    #expect(try String(contentsOfFile: file, encoding: .utf8).hasSuffix("</svg>\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.svg"])
  }
}
