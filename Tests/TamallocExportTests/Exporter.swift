// SPDX-License-Identifier: MIT

import Foundation
import Instruments
import Testing

/// The built exporter, running on a free port.
final class Exporter {
  /// What it says that it serves at, in the order of its lines.
  let places: [String]
  private let process = Process()

  var port: UInt16 { Self.port(of: places[0]) }

  static func port(of place: String) -> UInt16 {
    place.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
  }

  /// The program lies beside the tests' own.
  static let path: String = {
    var candidates = [Bundle.main.executableURL].compactMap { $0 }
    candidates += CommandLine.arguments.filter { $0.contains(".xctest") }.map { URL(filePath: $0) }
    let paths = candidates.map {
      $0.deletingLastPathComponent().appending(path: "tamalloc-export").path
    }
    return paths.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "tamalloc-export"
  }()

  convenience init(_ arguments: String...) throws {
    try self.init(arguments, listening: ["127.0.0.1:0"], places: 1)
  }

  /// - Parameters:
  ///   - places: how many lines it has to say.
  ///   - descriptors: the most files that it may open, or nil for the usual number.
  init(
    _ arguments: [String], listening: [String], places count: Int, descriptors: Int? = nil
  ) throws {
    let complaint = Pipe()
    let words = listening.flatMap { ["--web.listen-address", $0] } + arguments
    process.executableURL = URL(filePath: descriptors == nil ? Self.path : "/bin/sh")
    process.arguments =
      descriptors.map { ["-c", "ulimit -n \($0); exec \"$0\" \"$@\"", Self.path] + words } ?? words
    process.standardError = complaint
    try process.run()
    var places: [String] = []
    for _ in 0..<count {
      var line = ""
      while let byte = try complaint.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
        line.unicodeScalars.append(Unicode.Scalar(byte))
      }
      // Serving http://127.0.0.1:PORT/metrics
      let place = try #require(line.components(separatedBy: "http://").last, "\(line)")
      places.append(String(place.prefix { $0 != "/" }))
    }
    self.places = places
    try #require(port != 0, "\(places)")
  }

  deinit {
    if process.isRunning { process.terminate() }
  }

  static func run(_ arguments: [String]) throws -> Int32 { try complaint(arguments).status }

  /// The status and the complaint of one that can't serve.
  static func complaint(_ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    let complaint = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardError = complaint
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = complaint.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
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

  func request(_ lines: String) throws -> Answer { try Self.request(lines, port: port) }

  static func request(_ lines: String, port: UInt16) throws -> Answer {
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
