// SPDX-License-Identifier: MIT

import Foundation
import Laboratory
import Testing

/// Real programs, recorded by the built command; what is recorded is counted against what the programs
/// are known to do, and against valgrind, which counts for itself.
@Suite(.serialized) struct RunCommandTests {
  static let root = URL(filePath: #filePath).appending(path: "../../../../..").standardized.path

  /// The recorder and the test's program, built once.
  struct Workshop {
    let folder: String

    init() throws {
      folder =
        FileManager.default.temporaryDirectory.path
        + "/tamalloc run \(ProcessInfo.processInfo.processIdentifier)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let built = try BuiltCommand.run([], by: root + "/Malloc/build-recorder")
      try #require(built.status == 0, "\(built.complaint)")
      let compiled = try BuiltCommand.run(
        [
          "clang", "-O1", "-Wall", "-Werror", "-fno-builtin", "-pthread", "-o", folder + "/counts",
          root + "/Tests/TamallocCommandTests/Commands/Run/Programs/counts.c",
        ], by: "/usr/bin/env")
      try #require(compiled.status == 0, "\(compiled.complaint)")
      let folder = folder
      Self.atExit = { try? FileManager.default.removeItem(atPath: folder) }
      atexit { Workshop.atExit() }
    }

    nonisolated(unsafe) private static var atExit: () -> Void = {}
    var counts: String { folder + "/counts" }
  }

  static let shared = Result { try Workshop() }
  let workshop: Workshop

  init() throws {
    workshop = try Self.shared.get()
  }

  /// Records a command; returns how it ended and what was recorded.
  private func record(
    _ name: String, _ command: [String], options: [String] = []
  ) throws -> (outcome: BuiltCommand.Outcome, trace: Trace, text: String) {
    let file = workshop.folder + "/" + name
    let outcome = try BuiltCommand.run(["run", "--record", file] + options + ["--"] + command)
    let bytes = try Data(contentsOf: URL(filePath: file))
    let trace = try Trace(reading: BytesInput(Array(bytes)))
    return (outcome, trace, String(decoding: bytes, as: UTF8.self))
  }

  private func sizes(_ trace: Trace) -> [Int] {
    trace.events.compactMap { event in
      switch event {
      case .request(_, let size), .resize(_, let size): size
      case .free: nil
      }
    }
  }

  @Test func `every function is recorded with its size`() throws {
    let (outcome, trace, text) = try record("kinds", [workshop.counts, "kinds"])
    #expect(outcome.status == 0)
    let found = sizes(trace)
    let expected = [
      12345, 33333, 22222, 66666, 44441, 44480, 44443, 44444, 44445, 0, 55555,
    ]
    for size in expected { #expect(found.count { $0 == size } == 1, "\(size)") }
    // calloc(3, 11111) was resized twice, and 55555 not at all.
    #expect(trace.events.count { if case .resize(_, 22222) = $0 { true } else { false } } == 1)
    #expect(trace.events.count { if case .resize(_, 66666) = $0 { true } else { false } } == 1)
    #expect(text.contains(" 12345 LARGE\n") && !text.contains(" 0 LARGE\n"))
    // The same size twice in 'live' order: each block was freed.
    let freed = Set(trace.events.compactMap { if case .free(let id) = $0 { id } else { nil } })
    for event in trace.events {
      if case .request(let id, let size) = event, expected.contains(size) {
        #expect(freed.contains(id), "\(size) is not freed")
      }
    }
  }

  @Test func `threads are recorded in one order`() throws {
    let (outcome, trace, _) = try record("threads", [workshop.counts, "threads"])
    #expect(outcome.status == 0)
    // The reader has refused a free of what is not live, and a request of what is.
    let requests = trace.events.compactMap {
      if case .request(let id, let size) = $0, 1000..<1004 ~= size { id } else { nil }
    }
    #expect(requests.count == 4 * 5000)
    let freed = Set(trace.events.compactMap { if case .free(let id) = $0 { id } else { nil } })
    #expect(requests.allSatisfy { freed.contains($0) })
  }

  @Test func `no thread is cancelled while it is recorded`() throws {
    let (outcome, trace, _) = try record("cancelled", [workshop.counts, "cancelled"])
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(sizes(trace).count { $0 == 778 } == 100_000)
  }

  @Test func `what was recorded stays when the program is killed`() throws {
    let (outcome, trace, text) = try record("killed", [workshop.counts, "killed"])
    #expect(outcome.status == 128 + 9)
    #expect(sizes(trace).count { $0 == 777 } == 100_001)
    #expect(!text.contains("\0"))
    let (other, rest, _) = try record("exits", [workshop.counts, "_exit"])
    #expect(other.status == 7)
    #expect(sizes(rest).contains(66666))
  }

  @Test func `a child is recorded apart, and only when it is asked for`() throws {
    let (_, alone, _) = try record("alone", [workshop.counts, "fork"])
    #expect(sizes(alone).contains(77777) && !sizes(alone).contains(88888))
    let (_, parent, _) = try record(
      "family", [workshop.counts, "fork"], options: ["--children"])
    #expect(sizes(parent).contains(77777) && !sizes(parent).contains(88888))
    let names = try FileManager.default.contentsOfDirectory(atPath: workshop.folder)
    #expect(!names.contains { $0.hasPrefix("alone.") })
    let children = names.filter { $0.hasPrefix("family.") }
    try #require(children.count == 1, "\(children)")
    let bytes = try Data(contentsOf: URL(filePath: workshop.folder + "/" + children[0]))
    let child = try Trace(reading: BytesInput(Array(bytes)))
    // It begins with what it inherited, and frees it.
    #expect(sizes(child).contains(77777) && sizes(child).contains(88888))
    let inherited = child.events.compactMap {
      if case .request(let id, 77777) = $0 { id } else { nil }
    }
    #expect(child.events.contains(.free(id: try #require(inherited.first))))
  }

  @Test func `a program that executes another begins anew`() throws {
    let (outcome, trace, _) = try record("exec", [workshop.counts, "exec"])
    #expect(outcome.status == 0)
    #expect(sizes(trace).count { $0 == 12345 } == 1)
    #expect(sizes(trace).contains(55555))
  }

  /// A folder that stays as it is between two runs, as /usr/bin does not while packages are installed.
  private static let folder = URL(filePath: #filePath).appending(path: "../../..").standardized.path

  @Test func `counts are valgrind's`() throws {
    let command = ["/bin/ls", "-lR", Self.folder]
    let (outcome, trace, _) = try record("tool", command)
    #expect(outcome.status == 0)
    let counted = try BuiltCommand.run(command, by: "/usr/bin/valgrind")
    let words = counted.complaint.replacing(",", with: "").split(whereSeparator: \.isWhitespace)
    let place = try #require(words.firstIndex(of: "allocs"))
    let allocations = try #require(Int(words[place - 1]))
    let requests = trace.events.count { if case .free = $0 { false } else { true } }
    // valgrind counts a realloc as an allocation. What the loader takes for a preloaded library differs.
    #expect(abs(requests - allocations) <= 20, "recorded \(requests), valgrind \(allocations)")
  }

  @Test func `a command that is found and executed by another is recorded`() throws {
    let (outcome, trace, text) = try record("tool", ["/usr/bin/env", "clang", "--version"])
    #expect(outcome.status == 0 && outcome.output.contains("clang version"))
    let lines = text.split(separator: "\n")
    #expect(lines[0].split(separator: " ") == ["\(trace.events.count)"])
    #expect(lines.count == trace.events.count + 1)
  }

  @Test func `a signal for the run reaches the command`() throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: BuiltCommand.path)
    process.arguments = [
      "run", "--record", workshop.folder + "/signal", "--", workshop.counts, "wait",
    ]
    process.standardOutput = output
    try process.run()
    _ = output.fileHandleForReading.availableData
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGTERM)
  }

  @Test func `arguments that make no sense are refused`() throws {
    #expect(try BuiltCommand.run("run").status == 2)
    #expect(try BuiltCommand.run("run", "--record", "--", "ls").status == 2)
    #expect(try BuiltCommand.run("run", "--record", "/nowhere/x", "--", "ls").status == 3)
    #expect(try BuiltCommand.run("run", "--record", "/dev/null", "--", "ls").status == 3)
    let file = workshop.folder + "/none"
    let missing = try BuiltCommand.run("run", "--record", file, "--", "/nowhere/program")
    #expect(missing.status == 2 && missing.complaint.contains("/nowhere/program"))
  }

  @Test func `a recording is replayed`() throws {
    let (_, trace, _) = try record("replayed", ["/bin/ls", "/usr"])
    #expect(trace.events.count > 10)
    let outcome = try BuiltCommand.run(
      "lab", "replay", workshop.folder + "/replayed", "--allocator", "buddy,best-fit",
      "--at-least", "1", "--at-most", "8184")
    #expect(outcome.status == 0, "\(outcome.complaint)")
    #expect(outcome.output.contains("Test: PASS"), "\(outcome.output)")
  }
}
