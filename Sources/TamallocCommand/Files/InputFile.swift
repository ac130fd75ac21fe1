// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// A file, a pipe, or `-` for standard input, opened for reading.
struct InputFile: ~Copyable {
  /// As messages call it.
  let name: String
  let descriptor: Int32

  init(path: String) throws(Failure) {
    guard path != "-" else {
      name = "standard input"
      descriptor = STDIN_FILENO
      return
    }
    name = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path, ctamalloc_errno()) }
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
  }

  /// All bytes.
  ///
  /// - Parameters:
  ///   - mebibytes: more than a file of this kind has.
  ///   - kind: what it should be, for the message.
  func bytes(atMost mebibytes: Int, kind: String) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      // SAFETY: the buffer is the array's, for the time of the call.
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { return bytes }
      guard count > 0 else {
        if ctamalloc_errno() == EINTR { continue }
        throw Self.failure(name, ctamalloc_errno())
      }
      bytes += buffer[..<count]
      guard bytes.count <= mebibytes << 20 else {
        throw Failure("\(name) has more than \(mebibytes) MiB: it is no \(kind)", status: .usage)
      }
    }
  }

  static func failure(_ name: String, _ number: Int32) -> Failure {
    Failure("\(name) can't be read: \(errorText(number))", status: .usage)
  }
}
