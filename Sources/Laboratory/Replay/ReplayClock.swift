// SPDX-License-Identifier: MIT

internal import Glibc

/// The clocks that a replay is timed with.
public enum ReplayClock {
  /// Time that passes, in nanoseconds from some moment on.
  @inline(__always)
  static var now: Int { read(CLOCK_MONOTONIC) }

  /// Time of the processor that this thread took, in nanoseconds: other processes don't count, but for
  /// what they do to the caches.
  static var thread: Int { read(CLOCK_THREAD_CPUTIME_ID) }

  /// Time of the processor that this process took since it began, in nanoseconds.
  static var process: Int { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// What ``now`` read twice comes to, in nanoseconds: the median of 1,001.
  static var cost: Int {
    var differences: [Int] = []
    for _ in 0..<1001 {
      let begin = now
      differences.append(now - begin)
    }
    return differences.sorted()[500]
  }

  @inline(__always)
  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
