// SPDX-License-Identifier: MIT

// A process that was started here: a command of the person's, which has the terminal and is waited for, or
// this program again, whose standard output is read line by line. Both are in this process's group, so that
// Ctrl-C ends all of them.

internal import CTamalloc
internal import Glibc

/// A process that was started here, and its end.
struct SpawnedProcess: ~Copyable {
  let pid: Int32
  /// Its exit status once it has ended: 128 and the signal's number where a signal ended it.
  private(set) var status: Int32?
  /// The most that it, or one of its descendants that it waited for, had committed at once, as the
  /// kernel counted: the largest process, not a sum.
  private(set) var peakCommittedBytes: Int?
  /// The reading end of its standard output, if it has a pipe.
  private var output: Int32?
  private var pending: [UInt8] = []

  /// Starts a command, which is searched for as a shell does.
  ///
  /// Keys that end programs are the command's business: it has the usual signals, and this process
  /// ignores them.
  init(_ arguments: [String]) throws(Failure) {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
    var usual = sigset_t()
    unsafe sigemptyset(&usual)
    unsafe posix_spawnattr_setsigmask(&attributes, &usual)
    for signal in [SIGINT, SIGQUIT] { unsafe sigaddset(&usual, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let result = unsafe withStringList(arguments) { words in
      unsafe posix_spawnp(&process, arguments[0], nil, &attributes, words, environ)
    }
    guard result == 0 else {
      throw Failure("\(arguments[0]) can't be started: \(errorText(result))", status: .usage)
    }
    pid = process
    for signal in [SIGINT, SIGQUIT] { _ = Glibc.signal(signal, SIG_IGN) }
  }

  /// Starts this program with other arguments, to read what it writes.
  init(readingOwnProgram arguments: [String]) throws(Failure) {
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
    var process: pid_t = 0
    let result = unsafe withStringList(["tamalloc"] + arguments) { words in
      unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, words, environ)
    }
    close(ends.1)
    guard result == 0 else {
      close(ends.0)
      throw Failure("/proc/self/exe can't be started: \(errorText(result))")
    }
    pid = process
    output = ends.0
  }

  /// Asks the kernel to end this process with the one that started it.
  ///
  /// - Returns: whether that one still runs.
  static func endsWithParent(_ parent: Int32) -> Bool {
    _ = ctamalloc_end_with_parent()
    // It may have ended before the bond was made.
    return getppid() == parent
  }

  /// This process's number.
  static var ownNumber: Int32 { getpid() }

  /// The next line of its output, without its end; nil when there is no more.
  mutating func nextLine() throws(Failure) -> [UInt8]? {
    guard let output else { return nil }
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        return line
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      // SAFETY: the buffer is the array's, for the time of the call.
      let count = unsafe chunk.withUnsafeMutableBytes { bytes in
        unsafe read(output, bytes.baseAddress, bytes.count)
      }
      if count < 0 && ctamalloc_errno() == EINTR { continue }
      guard count >= 0 else {
        throw Failure("a measuring process can't be read: \(errorText(ctamalloc_errno()))")
      }
      guard count > 0 else { return nil }
      pending += chunk[..<count]
    }
  }

  /// Whether it has ended; reaps it if so.
  mutating func hasEnded() -> Bool { reap(WNOHANG) }

  /// Waits for its end, and says what was wrong with it.
  mutating func finish() -> String? {
    while !reap(0) {}
    guard let status, status != 0 else { return nil }
    if status == 128 + SIGKILL { return "was killed (signal 9): was memory short?" }
    return status > 128 ? "was ended by signal \(status - 128)" : "ended with status \(status)"
  }

  private mutating func reap(_ options: Int32) -> Bool {
    if status != nil { return true }
    var word: Int32 = 0
    var usage = rusage()
    let result = unsafe wait4(pid, &word, options, &usage)
    // A process whose SIGCHLD is ignored has no children to ask about: they are gone.
    if result < 0 { return ctamalloc_errno() != EINTR }
    guard result == pid else { return false }
    let signal = word & 0x7F
    status = signal == 0 ? word >> 8 & 0xFF : 128 + signal
    // Between vfork and exec the child had this process's memory, which the kernel counts as its own:
    // a peak that is no higher says nothing of the command.
    var own = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
    if usage.ru_maxrss > own.ru_maxrss { peakCommittedBytes = usage.ru_maxrss * 1024 }
    return true
  }

  /// Reaps adopted orphans that have ended, and leaves the command itself.
  func reapOrphans() {
    while true {
      let ended = ctamalloc_ended_child()
      // The command is reaped with its usage, by hasEnded.
      guard ended > 0, ended != pid else { return }
      _ = waitpid(ended, nil, WNOHANG)
    }
  }

  /// Passes a signal on.
  func send(_ signal: Int32) {
    if status == nil { kill(pid, signal) }
  }

  deinit {
    guard let output else { return }
    close(output)
    if status == nil {
      kill(pid, SIGKILL)
      _ = waitpid(pid, nil, 0)
    }
  }
}
