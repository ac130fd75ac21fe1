// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// A million traces, most of them damaged, read by two readers that must agree in everything.
///
/// The fuzzer is compiled here, with optimisation, from the reader's own sources: in a build for
/// debugging a million would take minutes.
@Suite struct TraceFuzzTests {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func sources(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)
      .filter { $0.hasSuffix(".swift") }.sorted().map { "\(root)/\(folder)/\($0)" }
  }

  private static func run(_ command: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : -1, text)
  }

  @Test func `a million traces are read as a second reader reads them`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-traces-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: "fuzz-traces").path
    let features = ["InternalImportsByDefault", "MemberImportVisibility"]
      .flatMap { ["-enable-upcoming-feature", $0] }
    let compiled = try Self.run(
      ["swiftc", "-O", "-swift-version", "6", "-enable-experimental-feature", "Lifetimes"]
        + features + ["-module-cache-path", folder.path, "-o", program]
        + Self.sources("Sources/Laboratory/Trace") + Self.sources("Tests/LaboratoryTests/Fuzz"))
    try #require(compiled.status == 0, "\(compiled.text)")
    let seed = UInt64.random(in: 0...(.max))
    let outcome = try Self.run([program, "1000000", String(seed)])
    #expect(outcome.status == 0, "seed \(seed): \(outcome.text)")
    let words = outcome.text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    #expect(words.first == "1000000", "\(outcome.text)")
    // Neither all nor nothing: about a third of the inputs are traces.
    let accepted = words.count > 2 ? Int(words[2]) ?? 0 : 0
    #expect((200_000...500_000).contains(accepted), "seed \(seed): \(outcome.text)")
  }
}
