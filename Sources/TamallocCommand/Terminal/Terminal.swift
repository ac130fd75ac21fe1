// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// What is known of the terminals at standard output and standard error.
enum Terminal {
  static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
  static var isError: Bool { isatty(STDERR_FILENO) == 1 }

  /// The columns of the terminal at standard output, 80 if unknown.
  static var columns: Int {
    let columns = Int(ctamalloc_terminal_columns(STDOUT_FILENO))
    return columns > 0 ? columns : 80
  }

  /// How wide tables and paragraphs may be: no wider than can be read.
  static var textWidth: Int { min(columns, 120) }

  /// The rows of the terminal at standard output, 24 where it does not say.
  static var rows: Int {
    let rows = Int(ctamalloc_terminal_rows(STDOUT_FILENO))
    return rows > 0 ? rows : 24
  }

  /// Whether standard output takes colours; see no-color.org.
  static var isColored: Bool {
    isOutput && (environment("NO_COLOR") ?? "").isEmpty && !isDumb
  }

  /// Whether the terminal can't move its cursor, so that nothing can be overwritten.
  static var isDumb: Bool { environment("TERM") == "dumb" }

  /// Writes a line to standard error; nothing can be done where that fails.
  static func complain(_ line: String) {
    try? StandardOutput.write(line + "\n", to: STDERR_FILENO, name: "standard error")
  }

  private static func environment(_ name: String) -> String? {
    // SAFETY: getenv returns nil or a string that stays valid until the environment is set.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
