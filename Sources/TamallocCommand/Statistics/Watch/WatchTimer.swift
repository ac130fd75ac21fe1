// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// Ticks at equal distances, and the signals that come between two.
struct WatchTimer {
  private let start = Self.now
  private let interval: Int
  private var due: Int
  private var signals = sigset_t()

  /// From now on the signals wait to be asked for.
  init(interval: Double, signals list: [Int32]) {
    self.interval = Int(interval * 1e9)
    due = start + self.interval
    unsafe sigemptyset(&signals)
    for signal in list { unsafe sigaddset(&signals, signal) }
    unsafe sigprocmask(SIG_BLOCK, &signals, nil)
  }

  /// Seconds since the beginning.
  var elapsed: Double { Double(Self.now - start) / 1e9 }

  /// Waits for the next tick, or returns the signal that came before it.
  mutating func wait() -> Int32? {
    let rest = max(due - Self.now, 0)
    var timeout = timespec(tv_sec: rest / 1_000_000_000, tv_nsec: rest % 1_000_000_000)
    let signal = unsafe sigtimedwait(&signals, nil, &timeout)
    if signal > 0 { return signal }
    if Self.now >= due { due = max(due + interval, Self.now + interval / 2) }
    return nil
  }

  private static var now: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

/// Lines on a terminal that are drawn over each time.
struct GrowingPicture {
  let isShown: Bool
  private var height = 0

  init(isShown: Bool) {
    self.isShown = isShown
  }

  mutating func show(_ lines: () -> [String]) throws(Failure) {
    guard isShown else { return }
    let new = lines()
    let back = height > 0 ? "\u{1B}[\(height)A" : ""
    // Each line is cleared behind its text, not before it: nothing flickers.
    let text = new.map { $0 + "\u{1B}[K\n" }.joined()
    try StandardOutput.write("\u{1B}[?2026h" + back + text + "\u{1B}[J\u{1B}[?2026l")
    height = new.count
  }
}
