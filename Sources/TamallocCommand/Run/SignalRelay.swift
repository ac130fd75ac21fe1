// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// Signals that are sent to this process and meant for a command that it has started.
struct SignalRelay {
  private var signals = sigset_t()

  /// From now on the signals wait to be asked for.
  init() {
    unsafe sigemptyset(&signals)
    for signal in [SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      unsafe sigaddset(&signals, signal)
    }
    unsafe sigprocmask(SIG_BLOCK, &signals, nil)
  }

  /// Passes signals on until the command ends; returns its status as a shell tells it.
  ///
  /// What a terminal sends, the command gets from the terminal.
  func wait(for process: inout CommandProcess) -> Int32 {
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
