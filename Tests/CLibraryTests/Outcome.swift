// SPDX-License-Identifier: MIT

import Foundation

/// What became of a process.
struct Outcome {
  /// What it wrote to standard output and standard error.
  let text: String
  /// Its exit status, or nil where a signal ended it.
  let status: Int32?

  /// Runs a tool, found in PATH or given as a path, to its end.
  static func of(
    _ command: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let hasExited = process.terminationReason == .exit
    return Outcome(text: text, status: hasExited ? process.terminationStatus : nil)
  }

  /// Runs a tool that must succeed; returns what it wrote.
  @discardableResult
  static func text(
    of command: [String], environment: [String: String] = [:]
  ) throws -> String {
    let outcome = try of(command, environment: environment)
    guard outcome.status == 0 else { throw Failure(command: command, text: outcome.text) }
    return outcome.text
  }

  struct Failure: Error, CustomStringConvertible {
    let command: [String]
    let text: String
    var description: String { "\(command.joined(separator: " ")): \(text)" }
  }
}
