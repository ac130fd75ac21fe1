// SPDX-License-Identifier: MIT

import Foundation
import Glibc
import Testing

@testable import TamallocCommand

/// Programs that no library can be loaded into, made by a real compiler and linker.
@Suite(.serialized) struct PreloadObstacleTests {
  private let folder: String
  private let source: String

  init() throws {
    folder = NSTemporaryDirectory() + "tamalloc-obstacle-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    source = folder + "/program.c"
    try "int main(void) { return 0; }\n".write(toFile: source, atomically: true, encoding: .utf8)
  }

  private func build(_ name: String, _ flags: [String]) throws -> String {
    let program = folder + "/" + name
    let outcome = try BuiltCommand.run(
      ["cc"] + flags + ["-o", program, source], by: "/usr/bin/env")
    try #require(outcome.status == 0, "\(outcome.complaint)")
    return program
  }

  @Test func `an ordinary program has none`() throws {
    for flags in [["-O1"], ["-no-pie"]] {
      #expect(PreloadObstacle(of: try build("plain", flags)) == nil)
    }
    #expect(PreloadObstacle(of: "sh") == nil, "it is found in PATH")
    #expect(PreloadObstacle(of: "/nonexistent/program") == nil)
    #expect(PreloadObstacle(of: folder) == nil)
    #expect(PreloadObstacle(of: "/lib64/ld-linux-x86-64.so.2") == nil)
  }

  @Test func `a program that is linked statically`() throws {
    for flags in [["-static"], ["-static-pie"]] {
      #expect(PreloadObstacle(of: try build("static", flags)) == .linkedStatically)
    }
  }

  @Test func `a script is what its interpreter is`() throws {
    let program = try build("interpreter", ["-static"])
    let script = folder + "/script"
    try "#! \(program) -x\n".write(toFile: script, atomically: true, encoding: .utf8)
    #expect(PreloadObstacle(of: script) == .linkedStatically)
    try "#!/bin/sh\n".write(toFile: script, atomically: true, encoding: .utf8)
    #expect(PreloadObstacle(of: script) == nil)
    // One that leads to itself.
    try "#!\(script)\n".write(toFile: script, atomically: true, encoding: .utf8)
    #expect(PreloadObstacle(of: script) == nil)
  }

  @Test func `a program that is linked to musl`() throws {
    let linker = "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1"
    #expect(PreloadObstacle(of: try build("musl", [linker])) == .linkedToMusl)
  }

  @Test func `a program of another word size`() throws {
    let program = try build("narrow", ["-O1"])
    var bytes = try Data(contentsOf: URL(filePath: program))
    bytes[4] = 1
    try bytes.write(to: URL(filePath: program))
    #expect(PreloadObstacle(of: program) == .otherWordSize)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root"))
  func `a program with another user's rights`() throws {
    let program = try build("rights", ["-O1"])
    try #require(chown(program, 65534, 65534) == 0)
    for (mode, expected) in [
      (0o4755, PreloadObstacle.otherRights), (0o2755, .otherRights), (0o755, nil),
    ] as [(mode_t, PreloadObstacle?)] {
      try #require(chmod(program, mode) == 0)
      #expect(PreloadObstacle(of: program) == expected)
    }
  }

  /// Whatever a file holds, it is looked at without a crash.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `no file is too strange`(seed: UInt64) throws {
    let program = try build("strange", ["-O1"])
    let whole = try Data(contentsOf: URL(filePath: program))
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<300 {
      var bytes = whole.prefix(random(5) == 0 ? random(200) : 2000)
      for _ in 0..<random(8) where !bytes.isEmpty {
        bytes[bytes.startIndex + random(min(bytes.count, 200))] = UInt8(random(256))
      }
      try bytes.write(to: URL(filePath: program))
      _ = PreloadObstacle(of: program)
    }
  }

  @Test func `run says it, and starts nothing`() throws {
    let program = try build("refused", ["-static"])
    for options in [[], ["--stats"], ["--record", folder + "/trace"]] {
      let outcome = try BuiltCommand.run(["run"] + options + ["--", program])
      #expect(outcome.status == 2)
      #expect(outcome.complaint.contains("refused can't run with a library of tamalloc's"))
      #expect(outcome.complaint.contains("linked statically"), "\(outcome.complaint)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder + "/trace"))
  }
}
