// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// Passes signals that are sent to this process on to a command that it started.
struct SignalRelay {
  private var signals = sigset_t()

  /// Blocks the signals from now on.
  init() {
    unsafe sigemptyset(&signals)
    for signal in [SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      unsafe sigaddset(&signals, signal)
    }
    unsafe sigprocmask(SIG_BLOCK, &signals, nil)
  }

  /// Passes signals on until the command ends, and returns its status as a shell would.
  ///
  /// Signals from a terminal's keys reach the command without help.
  func wait(for process: inout SpawnedProcess) -> Int32 {
    var signals = signals
    while !process.hasEnded() {
      var information = unsafe siginfo_t()
      let signal = unsafe sigwaitinfo(&signals, &information)
      let isFromTerminal = unsafe information.si_code > 0
      if signal > 0, signal != SIGCHLD, !isFromTerminal { process.send(signal) }
    }
    return process.status ?? ExitStatus.failure.rawValue
  }
}
