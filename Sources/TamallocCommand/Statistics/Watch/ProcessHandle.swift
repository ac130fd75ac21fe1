// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// One process, and never another that gets its number after it.
///
/// What was read of the number before ``hasEnded`` is false was read of this process.
struct ProcessHandle: ~Copyable {
  private let descriptor: Int32

  /// Nobody's where `pid` is nil, there is no such process, or the kernel has no such handles (before
  /// Linux 5.3).
  init(_ pid: Int32?) {
    descriptor = pid.map { ctamalloc_open_process($0) } ?? -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether all of its threads have ended; false for nobody.
  var hasEnded: Bool {
    guard descriptor >= 0 else { return false }
    var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&end, 1, 0) > 0
  }
}
