// SPDX-License-Identifier: MIT

// A terminal in raw mode with the alternate screen, restored on every way out:
//
//   end of the view, error    leave(), called by the caller of init
//   SIGINT TERM HUP QUIT      read as data from a descriptor: the view ends, then the signal is raised
//   SIGTSTP                   leave(), stop, and enter() when continued
//   a crash (SEGV ILL TRAP…)  a handler writes the same bytes, and the process dies of the signal
//
// Nothing can be done about SIGKILL.

internal import CTamalloc
internal import Glibc

/// State for the crash handlers: written before they are installed, only read afterwards.
nonisolated(unsafe) private var savedAttributes = termios()
nonisolated(unsafe) private var leavingBytes: [UInt8] = []

@safe
final class RawTerminal {
  private static let crashes = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT]
  private static let events = [
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2,
    SIGXCPU,
  ]
  // Alternate screen, no cursor, no wrapping at the right edge.
  private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
  private static let leaving = "\u{1B}[?2026l\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private let signals: Int32

  /// Takes the terminal, or throws where standard input and output are none.
  init() throws(Failure) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
      unsafe tcgetattr(STDIN_FILENO, &savedAttributes) == 0
    else {
      throw Failure("top needs a terminal: use tamalloc stat in pipes", status: .usage)
    }
    unsafe leavingBytes = Array(Self.leaving.utf8)
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in Self.events { unsafe sigaddset(&set, signal) }
    unsafe sigprocmask(SIG_BLOCK, &set, nil)
    signals = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    Self.installCrashHandlers()
    enter()
  }

  /// Rows and columns.
  var size: (rows: Int, columns: Int) {
    let rows = Int(ctamalloc_terminal_rows(STDOUT_FILENO))
    let columns = Int(ctamalloc_terminal_columns(STDOUT_FILENO))
    return (rows > 0 ? rows : 24, columns > 0 ? columns : 80)
  }

  private func enter() {
    var raw = unsafe savedAttributes
    // Signals of keys stay; lines, echo and flow control go.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
    unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    try? StandardOutput.write(Self.entering)
  }

  /// Puts the terminal back.
  func leave() {
    // Lines first: what is typed once the screen is back is meant for the shell.
    unsafe _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &savedAttributes)
    try? StandardOutput.write(Self.leaving)
  }

  /// What can happen while the view is shown.
  enum Event {
    case keys([UInt8])
    case resized
    /// The process was stopped and goes on: everything has to be drawn again.
    case continued
    /// A signal that ends programs.
    case ended(Int32)
    /// The terminal was closed.
    case closed
    case timeout
  }

  /// Waits for an event for at most `timeout` milliseconds.
  func next(timeout: Int32) -> Event {
    var polls = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    let ready = unsafe poll(&polls, nfds_t(polls.count), timeout)
    if ready <= 0 { return .timeout }
    if polls[0].revents != 0 { return signalEvent() }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
    return count > 0 ? .keys(Array(buffer[..<count])) : .closed
  }

  private func signalEvent() -> Event {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard unsafe read(signals, &information, size) == size else { return .timeout }
    switch Int32(information.ssi_signo) {
    case SIGWINCH: return .resized
    case SIGTSTP:
      leave()
      kill(getpid(), SIGSTOP)
      enter()
      return .continued
    case let signal: return .ended(signal)
    }
  }

  /// Dies of a signal, as if it had never been caught.
  func end(by signal: Int32) -> Never {
    _ = Glibc.signal(signal, SIG_DFL)
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, signal)
    unsafe sigprocmask(SIG_UNBLOCK, &set, nil)
    raise(signal)
    exit(128 + signal)
  }

  private static func installCrashHandlers() {
    var action = sigaction()
    // SAFETY: write, tcsetattr and a return are all that happens; the two variables were written
    // before. The signal's action is the default again, and the failed instruction dies of it.
    unsafe action.__sigaction_handler.sa_handler = { number in
      // Lines first, as in leave(): an Enter that came before them would never end a line.
      unsafe _ = tcsetattr(STDIN_FILENO, TCSANOW, &savedAttributes)
      unsafe leavingBytes.withUnsafeBytes { bytes in
        unsafe _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
      }
      raise(number)
    }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_NODEFER
    for signal in crashes { unsafe sigaction(signal, &action, nil) }
  }
}
