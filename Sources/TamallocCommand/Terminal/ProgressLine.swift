// SPDX-License-Identifier: MIT

internal import Glibc

/// A status line on a terminal's standard error; silent in a pipe, or where lines can't be overwritten.
struct ProgressLine: ~Copyable {
  private let isShown: Bool

  init(isShown: Bool) {
    self.isShown = isShown && !Terminal.isDumb
  }

  /// Replaces the line by `text`.
  func show(_ text: String) {
    guard isShown else { return }
    try? StandardOutput.write("\r\u{1B}[K\(text)", to: STDERR_FILENO, name: "standard error")
  }

  deinit {
    show("")
  }
}
