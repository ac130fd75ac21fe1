// SPDX-License-Identifier: GPL-2.0
//
// The arithmetic of the statistics: pages to bytes, shares, and OOM scores.
//
// Terms.      *Reserved* is address space.  *Committed* is what has page frames:
//                 committed = anonymous + file + shared
// Invariant.  Sums are made in pages and become bytes once, at the end.
// Traps.      None: each operation here wraps, clamps or cannot fail.  A trap
//             is an oops in a kernel.  (No figure comes near the limits: a page
//             count has at most 52 bits on this machine.)

extension tamalloc_statistics_pages {
  /// Pages with a page frame behind them: what `VmRSS` counts.
  var committed: UInt { anonymous &+ file &+ shared }

  /// How much of what is reserved is committed, in thousandths.
  ///
  /// Zero where nothing is reserved.  It may exceed 1000 while an address space
  /// is being torn down, as the two are not read at one instant.
  var committedPermille: UInt32 {
    guard reserved != 0 else { return 0 }
    return UInt32(clamping: (committed &* 1000) / reserved)
  }
}

/// The number of bytes in a number of pages.
func statisticsBytes(pages: UInt) -> UInt64 {
  UInt64(pages &<< UInt(truncatingIfNeeded: KERNEL_PAGE_SHIFT))
}

/// How the OOM killer ranks processes: the highest badness dies first.
struct StatisticsBadness {
  /// The kernel's own figure: pages that killing the process would give back
  /// (resident, swapped and page tables), and `oom_score_adj` thousandths of
  /// all pages added.  Not rounded, so it ranks where scores are equal.
  let pages: Int

  /// Asks `oom_badness()`, which takes the locks that it needs.
  init(of process: borrowing StatisticsProcess, machinePages: UInt) {
    pages = unsafe oom_badness(process.task, machinePages)
  }

  /// Init, kernel threads, what has no memory, what is inside vfork(), and
  /// what has an `oom_score_adj` of -1000: LONG_MIN in C.
  var isExempt: Bool { pages == Int.min }

  /// The score, as `/proc/PID/oom_score` computes it.
  func score(machinePages: UInt) -> Int32 {
    let machine = Int(bitPattern: machinePages)
    guard !isExempt, machine > 0 else { return 0 }
    return Int32(clamping: (1000 &+ (pages &* 1000) / machine) &* 2 / 3)
  }
}
