// SPDX-License-Identifier: MIT

// What can be set from outside, in the environment, read once at the first block:
//
//     TAMALLOC_PURGE_DELAY   milliseconds after which unused memory goes back to the system [300]
//     TAMALLOC_PURGE_THREAD  0: without a thread, when the program allocates or frees next [1]
//     TAMALLOC_CACHE         mebibytes of dirty large blocks that are kept for reuse [256]
//     TAMALLOC_HUGE_PAGES    1: huge ones where memory is touched densely [0]
//     TAMALLOC_HARDENED      1: find misuse, at a price [0]
//     TAMALLOC_STATS         1: count what is issued, and print it at the end [0]
//
// A value that is no number is as none.

internal import System

struct HeapSettings: BitwiseCopyable {
  /// Milliseconds.
  var purgeDelay = 300
  var hasPurgeThread = true
  /// Bytes.
  var cacheSize = 256 << 20
  var hugePages = false
  var isHardened = false
  /// Count what is issued, and print it at the end.
  var counts = false

  /// Reads the environment, which may not be there yet.
  static func fromEnvironment() -> HeapSettings {
    var settings = HeapSettings()
    if let value = Syscalls.environmentNumber("TAMALLOC_PURGE_DELAY") {
      settings.purgeDelay = value
    }
    if let value = Syscalls.environmentNumber("TAMALLOC_PURGE_THREAD") {
      settings.hasPurgeThread = value != 0
    }
    if let value = Syscalls.environmentNumber("TAMALLOC_CACHE") {
      settings.cacheSize = min(value, 1 << 40) << 20
    }
    if let value = Syscalls.environmentNumber("TAMALLOC_HUGE_PAGES") {
      settings.hugePages = value != 0
    }
    if let value = Syscalls.environmentNumber("TAMALLOC_HARDENED") {
      settings.isHardened = value != 0
    }
    if let value = Syscalls.environmentNumber("TAMALLOC_STATS") { settings.counts = value != 0 }
    return settings
  }
}
