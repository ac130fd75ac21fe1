// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// What is known of the terminals at standard output and standard error.
enum Terminal {
  static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
  static var isError: Bool { isatty(STDERR_FILENO) == 1 }

  /// The columns of the terminal at standard output, 80 where it does not say.
  static var columns: Int {
    let columns = Int(ctamalloc_terminal_columns(STDOUT_FILENO))
    return columns > 0 ? columns : 80
  }

  /// The rows of the terminal at standard output, 24 where it does not say.
  static var rows: Int {
    let rows = Int(ctamalloc_terminal_rows(STDOUT_FILENO))
    return rows > 0 ? rows : 24
  }

  /// Whether colours are welcome at standard output: see no-color.org.
  static var isColored: Bool {
    isOutput && (environment("NO_COLOR") ?? "").isEmpty && !isDumb
  }

  /// Whether the terminal says that it can only go on: nothing may be written over.
  static var isDumb: Bool { environment("TERM") == "dumb" }

  /// Writes a line to standard error; nothing can be done where that fails.
  static func complain(_ line: String) {
    try? StandardOutput.write(line + "\n", to: STDERR_FILENO, name: "standard error")
  }

  private static func environment(_ name: String) -> String? {
    // SAFETY: getenv returns nil or a string that stays as it is while nobody sets the environment.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

/// One line on a terminal's standard error that says what is going on; nothing in a pipe, or where lines
/// can't be written over.
struct ProgressLine: ~Copyable {
  private let isShown: Bool

  init(isShown: Bool) {
    self.isShown = isShown && !Terminal.isDumb
  }

  /// Puts `text` in the place of what was there.
  func show(_ text: String) {
    guard isShown else { return }
    try? StandardOutput.write("\r\u{1B}[K\(text)", to: STDERR_FILENO, name: "standard error")
  }

  deinit {
    show("")
  }
}
