// SPDX-License-Identifier: MIT

internal import Laboratory

/// A bar that grows on a terminal while a trace is replayed; nothing in a pipe.
final class ReplayProgress {
  private let line = ProgressLine(isShown: Terminal.isError)
  private let trace: String

  init(trace: String) { self.trace = trace }

  func show(_ progress: Replay.Progress) {
    switch progress {
    case .reading(let events, let total):
      // What takes no time needs no bar.
      if events > 1 << 17 { line.show(bar(events, total) + " reading \(trace)") }
    case .replaying(let name, let events, let total):
      line.show(bar(events, total) + " \(name.rawValue)")
    }
  }

  private func bar(_ events: Int, _ total: Int) -> String {
    let share = min(1, Double(events) / Double(max(1, total)))
    let full = Int(share * 30)
    return String(repeating: "█", count: full) + String(repeating: "░", count: 30 - full)
      + " \(Int(share * 100)) % of \(total.grouped) events"
  }
}
