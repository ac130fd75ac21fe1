// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// The process's standard output, where a full disk is an error and a closed pipe a quiet end.
enum StandardOutput {
  /// Writes a text, all of it.
  static func write(_ text: String) throws(Failure) {
    try write(text, to: STDOUT_FILENO, name: "standard output")
  }

  /// Writes a text to a descriptor, all of it.
  static func write(_ text: String, to descriptor: Int32, name: String) throws(Failure) {
    var text = text
    var failure: Failure?
    // SAFETY: the buffer is the text's, for the time of the call.
    text.withUTF8 { bytes in
      do throws(Failure) {
        unsafe try write(UnsafeRawBufferPointer(bytes), to: descriptor, name: name)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Writes bytes to a descriptor, all of them.
  static func write(_ bytes: [UInt8], to descriptor: Int32, name: String) throws(Failure) {
    var failure: Failure?
    // SAFETY: the buffer is the array's, for the time of the call.
    unsafe bytes.withUnsafeBytes { bytes in
      do throws(Failure) {
        unsafe try write(bytes, to: descriptor, name: name)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String
  ) throws(Failure) {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let written = unsafe Glibc.write(
        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written >= 0 {
        unsafe rest = rest.dropFirst(written)
        continue
      }
      let number = ctamalloc_errno()
      if number == EINTR { continue }
      // Whoever started this program may have made its output one that does not wait.
      if number == EAGAIN {
        wait(for: descriptor)
        continue
      }
      if number == EPIPE { endAsByClosedPipe() }
      throw Failure("\(name) can't be written: \(errorText(number))", status: .output)
    }
  }

  /// Waits until there is room for more.
  private static func wait(for descriptor: Int32) {
    var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    unsafe _ = poll(&room, 1, -1)
  }

  /// Dies of SIGPIPE, as the reader closed the pipe; even if the signal was ignored.
  private static func endAsByClosedPipe() -> Never {
    _ = signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(ExitStatus.output.rawValue)
  }
}

/// The C library's words for an error number.
func errorText(_ number: Int32) -> String {
  // SAFETY: strerror returns a string that stays until its next call, in a process of one thread.
  unsafe String(cString: strerror(number))
}
