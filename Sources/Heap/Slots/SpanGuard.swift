// SPDX-License-Identifier: MIT

// Pages that end the program when it accesses them: between runs of blocks in the hardened mode.

internal import Pages
internal import Synchronization
internal import System

enum SpanGuard {
  /// A page; 0 where pages are too large for it.
  static var size: Int { Heap.pageSize <= 16 << 10 ? Heap.pageSize : 0 }

  /// Makes a page inaccessible, if the kernel can.
  static func set(_ page: VirtualAddress) {
    if size == 0 { return }
    let before = Syscalls.errorNumber
    _ = Syscalls.makeInaccessible(page, size: ByteCount(size))
    Syscalls.errorNumber = before
  }
}

/// How many guard pages there may be still.
struct GuardBudget: ~Copyable {
  private let taken = Atomic<Int>(0)
  /// Each parts a mapping in two, so that these are half of what Linux allows a process.
  private static let most = 16_000

  /// Counts some guard pages; returns false where there are to be no more.
  func takeGuards(_ count: Int) -> Bool {
    if taken.wrappingAdd(count, ordering: .relaxed).newValue <= Self.most { return true }
    giveGuardsBack(count)
    return false
  }

  func giveGuardsBack(_ count: Int) { taken.wrappingSubtract(count, ordering: .relaxed) }
}
