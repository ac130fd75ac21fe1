// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// The built command, run as a person runs it.
enum BuiltCommand {
  /// What a run left behind.
  struct Outcome {
    var status: Int32
    var output: String
    var complaint: String
  }

  /// The command lies beside the tests' own program.
  static let path: String = {
    var candidates = [Bundle.main.executableURL, URL(filePath: CommandLine.arguments[0])].compactMap
    { $0 }
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      candidates.append(URL(filePath: argument))
    }
    for candidate in candidates {
      let path = candidate.deletingLastPathComponent().appending(path: "tamalloc").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return "/proc/self/exe"
  }()

  static func run(_ arguments: String...) throws -> Outcome {
    try run(arguments)
  }

  /// Runs the command, or another program that is then to run it.
  static func run(_ arguments: [String], by program: String = path) throws -> Outcome {
    let process = Process()
    let output = Pipe()
    // A file: a pipe that nobody reads while the other is read would stop a command that says much.
    let complaint = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data().write(to: complaint)
    defer { try? FileManager.default.removeItem(at: complaint) }
    let complaints = try FileHandle(forWritingTo: complaint)
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = complaints
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errors = try Data(contentsOf: complaint)
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: text, as: UTF8.self),
      complaint: String(decoding: errors, as: UTF8.self))
  }
}
