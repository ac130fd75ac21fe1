// SPDX-License-Identifier: MIT

// Prepares the file that a command is recorded in, and finishes it afterwards. The recorder writes it line by
// line (see Malloc/Sources/TamallocRecorder), and a signal may end it in the middle:
//
//     count⏎ line⏎ line⏎ … line⏎ lin 0 0 0 0 0        left by a signal
//     count⏎ line⏎ line⏎ … line⏎                       finished: as many lines as are counted

internal import CTamalloc
internal import FoundationEssentials
internal import Glibc

/// The file that a command is recorded in.
struct CommandRecording {
  /// The file, from the root on.
  let path: String
  /// Whether processes that the command starts are recorded as well, in files of their own.
  let includesChildren: Bool
  private let recorder: Preload

  /// Makes an empty file.
  init(path: String, includesChildren: Bool) throws(Failure) {
    guard !path.isEmpty else { throw Failure("--record needs the name of a file", status: .usage) }
    self.path =
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    self.includesChildren = includesChildren
    // First, so that a command that can't be recorded does not cost the file its content.
    recorder = try Preload(library: "libtamalloc-record.so", builtBy: "Malloc/build-recorder")
    guard self.path.utf8.count < 4000 else {
      throw Failure("\(path) can't be written: its name is too long", status: .usage)
    }
    let descriptor = unsafe open(self.path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Failure("\(path) can't be written: \(errorText(ctamalloc_errno()))", status: .output)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure("\(path) is no regular file, and --record needs one", status: .output)
    }
    guard ftruncate(descriptor, 0) == 0 else {
      throw Failure("\(path) can't be written: \(errorText(ctamalloc_errno()))", status: .output)
    }
  }

  /// The recorder, told which file to write.
  var preload: Preload {
    var preload = recorder
    preload.environment = [
      "TAMALLOC_RECORD": path,
      "TAMALLOC_RECORD_PARENT": String(getpid()),
      "TAMALLOC_RECORD_CHILDREN": includesChildren ? "1" : "0",
    ]
    return preload
  }

  /// Finishes the files of processes that have ended; returns the events of the command itself.
  func finish() throws(Failure) -> Int {
    if includesChildren {
      let slash = path.lastIndex(of: "/") ?? path.startIndex
      let folder = slash == path.startIndex ? "/" : String(path[..<slash])
      let prefix = path[slash...].dropFirst() + "."
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        guard name.hasPrefix(prefix), let process = Int32(name.dropFirst(prefix.count)),
          process > 0, kill(process, 0) != 0, ctamalloc_errno() == ESRCH
        else { continue }
        _ = try Self.finish(folder + "/" + name)
      }
    }
    return try Self.finish(path)
  }

  /// Truncates a file behind the lines that its first line counts; returns their number.
  static func finish(_ path: String) throws(Failure) -> Int {
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    // The first line's end, and those of as many lines as it counts.
    var count: Int?
    var number = 0
    var lines = 0
    while true {
      // SAFETY: the buffer is the array's, for the time of the call.
      let read = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe pread(descriptor, bytes.baseAddress, bytes.count, offset)
      }
      if read < 0, ctamalloc_errno() == EINTR { continue }
      guard read >= 0 else { throw failure(path) }
      guard read > 0 else { return lines }
      for index in 0..<read {
        let byte = buffer[index]
        if let count {
          if byte != 10 { continue }
          lines += 1
          guard lines == count else { continue }
        } else if byte == 10 {
          count = number
          guard number == 0 else { continue }
        } else {
          if byte >= 48, byte <= 57 { number = (number &* 10 &+ Int(byte) - 48) & (1 << 60 - 1) }
          continue
        }
        guard ftruncate(descriptor, off_t(offset + index + 1)) == 0 else { throw failure(path) }
        return lines
      }
      offset += read
    }
  }

  private static func failure(_ path: String) -> Failure {
    Failure("\(path) can't be finished: \(errorText(ctamalloc_errno()))", status: .output)
  }
}
