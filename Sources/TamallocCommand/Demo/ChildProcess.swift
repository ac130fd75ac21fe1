// SPDX-License-Identifier: MIT

// This program again, as a process of its own whose standard output is read line by line. It is in
// the same process group, so that Ctrl-C ends both; it asks the kernel to be ended with its parent.

internal import CTamalloc
internal import Glibc

struct ChildProcess: ~Copyable {
  let identifier: Int32
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isReaped = false

  /// Starts this program with other arguments.
  init(arguments: [String]) throws(Failure) {
    var ends: (Int32, Int32) = (-1, -1)
    // SAFETY: two descriptors are as much memory as the call writes.
    let isOpen = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
      unsafe pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress!) == 0
    }
    guard isOpen else { throw Failure("a pipe can't be made: \(errorText(ctamalloc_errno()))") }

    for end in [ends.0, ends.1] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends.1, STDOUT_FILENO)

    // SAFETY: the strings are copies that stay until the call is over and are freed once; the array
    // ends with nil, as the call wants it.
    var vector = unsafe (["tamalloc"] + arguments).map { unsafe strdup($0) }
    unsafe vector.append(nil)
    defer { for index in unsafe vector.indices { unsafe free(vector[index]) } }
    var process: pid_t = 0
    let result = unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, vector, environ)
    close(ends.1)
    guard result == 0 else {
      close(ends.0)
      throw Failure("/proc/self/exe can't be started: \(errorText(result))")
    }
    identifier = process
    descriptor = ends.0
  }

  /// The next line, without its end; nil when there is no more.
  mutating func nextLine() throws(Failure) -> [UInt8]? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        return line
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      // SAFETY: the buffer is the array's, for the time of the call.
      let count = unsafe chunk.withUnsafeMutableBytes { bytes in
        unsafe read(descriptor, bytes.baseAddress, bytes.count)
      }
      if count < 0 && ctamalloc_errno() == EINTR { continue }
      guard count >= 0 else {
        throw Failure("a measuring process can't be read: \(errorText(ctamalloc_errno()))")
      }
      guard count > 0 else { return nil }
      pending += chunk[..<count]
    }
  }

  /// Waits for the end, and tells what was wrong with it.
  mutating func finish() -> String? {
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0, ctamalloc_errno() == EINTR {}
    isReaped = true
    let signal = status & 0x7F
    if signal == SIGKILL { return "was killed (signal 9): was memory short?" }
    if signal != 0 { return "was ended by signal \(signal)" }
    let code = status >> 8 & 0xFF
    return code == 0 ? nil : "ended with status \(code)"
  }

  deinit {
    close(descriptor)
    if !isReaped {
      kill(identifier, SIGKILL)
      _ = waitpid(identifier, nil, 0)
    }
  }
}
