// SPDX-License-Identifier: MIT

import Foundation
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

/// A TCP connection on loopback.
final class Connection {
  private let socket: Int32

  init(port: UInt16) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = Self.with(address: port) { connect(socket, $0, $1) }
    guard result == 0 else {
      close(socket)
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  deinit { close(socket) }

  /// A port of loopback that nobody listens at.
  static func freePort() throws -> UInt16 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    try #require(with(address: 0) { bind(socket, $0, $1) } == 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    try #require(result == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  /// Calls with loopback's address.
  private static func with(
    address port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// All that comes until the other side closes.
  func rest() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
