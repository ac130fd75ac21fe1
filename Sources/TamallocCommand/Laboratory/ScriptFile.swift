// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// A script or recording that a person named: a file, a pipe, or `-` for standard input.
enum ScriptFile {
  /// The text of a script; no person writes more than 64 MiB.
  static func text(path: String) throws(Failure) -> String {
    String(
      decoding: try bytes(path: path, mebibytes: 64, kind: "script"), as: UTF8.self)
  }

  /// The bytes of a file that has no more than `mebibytes`.
  static func bytes(
    path: String, mebibytes: Int, kind: String
  ) throws(Failure) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      // SAFETY: the buffer is the array's, for the time of the call.
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { break }
      guard count > 0 else {
        if ctamalloc_errno() == EINTR { continue }
        throw unreadable(path)
      }
      bytes += buffer[..<count]
      guard bytes.count <= mebibytes << 20 else {
        throw Failure("\(path) has more than \(mebibytes) MiB: it is no \(kind)", status: .usage)
      }
    }
    return bytes
  }

  private static func unreadable(_ path: String) -> Failure {
    Failure("\(path) can't be read: \(errorText(ctamalloc_errno()))", status: .usage)
  }
}
