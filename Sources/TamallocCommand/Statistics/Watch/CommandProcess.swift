// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// A command that was started here, and its end.
struct CommandProcess: ~Copyable {
  let pid: Int32
  /// How it ended, as a shell tells it, once it has.
  private(set) var status: Int32?
  /// The most that it, or one of its descendants that it waited for, had committed at once, as the
  /// kernel counted: the largest process, and no sum.
  private(set) var peakCommittedBytes: Int?

  /// Starts a command, which is searched for as a shell does.
  ///
  /// Keys that end programs are the command's business: it has the usual signals, and whoever watches
  /// it ignores them.
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
    // SAFETY: the strings are copies that stay until the call is over and are freed once; the array
    // ends with nil, as the call wants it.
    var vector = unsafe arguments.map { unsafe strdup($0) }
    unsafe vector.append(nil)
    defer { for index in unsafe vector.indices { unsafe free(vector[index]) } }
    var process: pid_t = 0
    let result = unsafe posix_spawnp(&process, arguments[0], nil, &attributes, vector, environ)
    guard result == 0 else {
      throw Failure("\(arguments[0]) can't be started: \(errorText(result))", status: .usage)
    }
    pid = process
    for signal in [SIGINT, SIGQUIT] { _ = Glibc.signal(signal, SIG_IGN) }
  }

  /// Looks whether it has ended, and reaps it.
  mutating func hasEnded() -> Bool {
    if status != nil { return true }
    var word: Int32 = 0
    var usage = rusage()
    guard unsafe wait4(pid, &word, WNOHANG, &usage) == pid else { return false }
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
}
