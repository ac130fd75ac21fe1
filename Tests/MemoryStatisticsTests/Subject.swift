// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

@testable import MemoryStatistics

/// A process whose memory is known: see Programs/subject.c.
final class Subject {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  /// The compiled program, or nil where there is no C compiler.
  static var program: String? { CompiledProgram.subject }

  init(_ arguments: String...) throws {
    process.executableURL = URL(filePath: try #require(Self.program))
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(line() == "ready")
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  var pid: ProcessIdentifier { ProcessIdentifier(process.processIdentifier) }

  /// Has it do its work; returns the processes that it made and named.
  @discardableResult
  func work() throws -> [ProcessIdentifier] {
    try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
    let words = line().split(separator: " ")
    #expect(words.last == "done")
    return words.dropLast().compactMap { Int32($0) }.map { ProcessIdentifier($0) }
  }

  private func line() -> String {
    var text = ""
    while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return text
  }
}

/// What the kernel's own files say, read in a way that shares nothing with the library.
enum Proc {
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 { return nil }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  static func number(_ path: String) -> Int? {
    text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// The fields of a status file; sizes in bytes.
  static func status(_ pid: ProcessIdentifier) -> [String: String] {
    var fields: [String: String] = [:]
    for line in (text("/proc/\(pid)/status") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    return fields
  }

  static func bytes(_ field: String?) -> Int? {
    field?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  static var pids: [ProcessIdentifier] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [])
      .compactMap { Int32($0) }.map { ProcessIdentifier($0) }.sorted()
  }

  /// Where a program of the PATH is, or nil; a path is itself.
  static func program(_ name: String) -> String? {
    if name.hasPrefix("/") {
      return FileManager.default.isExecutableFile(atPath: name) ? name : nil
    }
    return (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// A tool's output, or nil where it is not installed.
  static func output(_ name: String, _ arguments: String..., input: String = "") throws -> (
    status: Int32, text: String
  )? {
    guard let program = program(name) else { return nil }
    let process = Process()
    let source = Pipe()
    let pipe = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = source
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    // What has ended already does not read, and that is told by its status.
    signal(SIGPIPE, SIG_IGN)
    try? source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try source.fileHandleForWriting.close()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}
