// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// The built exporter, running on a free port.
final class Exporter {
  let port: UInt16
  private let process = Process()

  /// The program lies beside the tests' own.
  static let path: String = {
    var candidates = [Bundle.main.executableURL].compactMap { $0 }
    candidates += CommandLine.arguments.filter { $0.contains(".xctest") }.map { URL(filePath: $0) }
    let paths = candidates.map {
      $0.deletingLastPathComponent().appending(path: "tamalloc-export").path
    }
    return paths.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "tamalloc-export"
  }()

  init(_ arguments: String...) throws {
    let complaint = Pipe()
    process.executableURL = URL(filePath: Self.path)
    process.arguments = ["--web.listen-address", "127.0.0.1:0"] + arguments
    process.standardError = complaint
    try process.run()
    var line = ""
    while let byte = try complaint.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
      line.unicodeScalars.append(Unicode.Scalar(byte))
    }
    // Serving http://127.0.0.1:PORT/metrics
    let parts = line.split(separator: ":")
    port = try #require(parts.last?.split(separator: "/").first.flatMap { UInt16($0) }, "\(line)")
  }

  deinit {
    if process.isRunning { process.terminate() }
  }

  static func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Ends it by SIGTERM; returns its status.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }

  struct Answer {
    var status: Int
    var head: String
    var body: String
  }

  func get(_ path: String, accept: String = "*/*") throws -> Answer {
    try request("GET \(path) HTTP/1.1\r\nHost: x\r\nAccept: \(accept)\r\nConnection: close")
  }

  func request(_ lines: String) throws -> Answer {
    let connection = try Connection(port: port)
    let end = lines.contains("Connection") ? "" : "\r\nConnection: close"
    connection.send(lines + end + "\r\n\r\n")
    let text = connection.rest()
    let parts = text.components(separatedBy: "\r\n\r\n")
    let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return Answer(
      status: status ?? 0, head: parts[0], body: parts.dropFirst().joined(separator: "\r\n\r\n"))
  }
}
