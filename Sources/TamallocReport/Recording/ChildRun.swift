// SPDX-License-Identifier: MIT

// A command is run in a process group of its own, so that an interruption ends it with all that it has
// started, a virtual machine for one; and with its output in files, so that nothing waits for a reader.
// The signals that end a report are blocked here and waited for beside the child's own end.

internal import Glibc

/// How a child ended.
enum ChildEnding: Equatable {
  case exited(Int32)
  case signalled(Int32)
  /// It took longer than it was given.
  case timedOut
  /// A signal asked the report to end.
  case interrupted(Int32)
  /// It did not begin.
  case notStarted(String)
}

/// Runs commands one after the other.
@safe
struct ChildRunner {
  /// What ends a report.
  private static let endings = [SIGINT, SIGTERM, SIGHUP]

  private static func signals(_ numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    return set
  }

  /// Blocks the signals that a run waits for.
  static func blockSignals() {
    var set = signals(endings + [SIGCHLD])
    unsafe _ = sigprocmask(SIG_BLOCK, &set, nil)
  }

  /// Runs a command to its end.
  ///
  /// - Parameters:
  ///   - tick: is called a few times a second with the seconds since it began.
  static func run(
    _ words: [String], output: String, errors: String, limit: Double, tick: (Double) -> Void
  ) -> ChildEnding {
    let child: pid_t
    switch start(words, output: output, errors: errors) {
    case .success(let identifier): child = identifier
    case .failure(let failure): return .notStarted(failure.reason)
    }
    let start = Stopwatch.now()
    var set = signals(endings + [SIGCHLD])
    while true {
      var status: Int32 = 0
      let ended = unsafe waitpid(child, &status, WNOHANG)
      if ended == child { return ending(of: status) }
      let elapsed = Stopwatch.now() - start
      tick(elapsed)
      if elapsed > limit {
        end(child)
        return .timedOut
      }
      var wait = timespec(tv_sec: 0, tv_nsec: 250_000_000)
      let signal = unsafe sigtimedwait(&set, nil, &wait)
      if endings.contains(signal) {
        end(child)
        return .interrupted(signal)
      }
    }
  }

  private struct StartFailure: Error { let reason: String }

  private static func start(
    _ words: [String], output: String, errors: String
  ) -> Result<pid_t, StartFailure> {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o644)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o644)
    var none = signals([])
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETPGROUP))
    // SAFETY: the words live until the call returns, and the list ends in nil.
    var arguments = unsafe words.map { word in unsafe strdup(word) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let number = unsafe posix_spawnp(
      &child, words[0], &actions, &attributes, &arguments, environ)
    guard number == 0 else {
      return .failure(StartFailure(reason: unsafe String(cString: strerror(number))))
    }
    return .success(child)
  }

  private static func ending(of status: Int32) -> ChildEnding {
    // As WIFEXITED and its kin have it.
    status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .signalled(status & 0x7F)
  }

  /// Ends a child and its group: first asked, then forced after five seconds.
  private static func end(_ child: pid_t) {
    var status: Int32 = 0
    kill(-child, SIGTERM)
    for _ in 0..<50 {
      if unsafe waitpid(child, &status, WNOHANG) == child { return }
      usleep(100_000)
    }
    kill(-child, SIGKILL)
    unsafe _ = waitpid(child, &status, 0)
  }
}

/// Seconds by the clock.
enum Stopwatch {
  static func now() -> Double {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
