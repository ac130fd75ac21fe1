// SPDX-License-Identifier: MIT

internal import Glibc

/// A line on a terminal's standard error that says how far the measuring is; nothing in a pipe.
struct MeasuringBar {
  private let isShown: Bool
  private var total = 0.0
  private var done = 0.0
  private var current = ""
  private var expected = 0.0

  init(isShown: Bool = isatty(STDERR_FILENO) == 1) { self.isShown = isShown }

  /// - Parameter work: of each step, the samples that are missing and the seconds that one takes.
  mutating func begin(_ work: [(count: Int, seconds: Double)]) {
    total = work.reduce(0) { $0 + Double($1.count) * $1.seconds }
  }

  mutating func start(_ name: String, sample: Int, of samples: Int, expected: Double) {
    current = samples > 1 ? "\(name) \(sample) of \(samples)" : name
    self.expected = expected
    show(0)
  }

  /// - Parameter seconds: since the command began.
  func tick(_ seconds: Double) { show(seconds) }

  mutating func finish(_ seconds: Double) { done += seconds }

  mutating func skip(_ seconds: Double) { done += seconds }

  /// Takes the line away.
  func clear() { write("\r\u{1B}[K") }

  /// The line at a moment of the current command.
  func line(_ seconds: Double) -> String {
    // A command that takes longer than expected does not get past its share.
    let share = total > 0 ? min(1, (done + min(seconds, expected * 0.95)) / total) : 1
    let full = Int(share * 24)
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: 24 - full)
    return "\(bar) \(Int(share * 100)) %  \(current)  \(Int(seconds)) s"
  }

  private func show(_ seconds: Double) { write("\r\u{1B}[K" + line(seconds)) }

  private func write(_ text: String) {
    if isShown { StandardError.write(text) }
  }
}

/// Where messages and the bar go; nothing can be done where that fails.
enum StandardError {
  /// Writes a message of the program's.
  static func complain(_ line: String) { write("tamalloc-report: \(line)\n") }

  static func write(_ text: String) {
    let bytes = Array(text.utf8)
    // SAFETY: the buffer is the array's, for the time of the call.
    unsafe bytes.withUnsafeBytes { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
