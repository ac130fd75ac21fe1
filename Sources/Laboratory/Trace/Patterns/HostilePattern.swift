// SPDX-License-Identifier: MIT

// Traces that are worst for an allocator: each shows what its documentation claims as the worst case of
// its waste or of its time. They are laid out by rule and not by chance, for pages of 8 KiB unless
// another size is given; each ends with everything freed.
//
// Terms: a *pin* is a small block that lives long and keeps its page; a *comb* is a row of blocks of
// which every second was freed.

/// The corpus of hostile traces, by the names that people type.
public enum HostilePattern: String, Sendable, CaseIterable {
  /// Dummy, waste: a page for every 8 bytes.
  case pageEach = "page-each"
  /// All, waste: one block in each page keeps it, as blocks don't move.
  case pinned
  /// All, waste: the same with survivors and frees in random order.
  case pinnedRandom = "pinned-random"
  /// All, time: every pair of calls takes a page and returns it.
  case pageBounce = "page-bounce"
  /// All, time: a page is taken and returned beside small blocks that stay.
  case largestAndLeast = "largest-and-least"
  /// First fit, time: holes that are too short, in all low pages.
  case firstFitComb = "first-fit-comb"
  /// First fit, waste: Robson's program, survivors spaced to spoil every hole.
  case firstFitStaircase = "first-fit-staircase"
  /// Best fit, waste: each fit leaves 16 bytes, and the longer hole is missed later.
  case bestFitSlivers = "best-fit-slivers"
  /// Both best fits, waste in the drain: exact holes everywhere keep pages alive.
  case bestFitScatter = "best-fit-scatter"
  /// Worst fit, waste: small requests use up the holes that large ones need.
  case worstFitShred = "worst-fit-shred"
  /// Buddy and lazy buddy, waste: sizes just above a power of two.
  case buddyJustAbove = "buddy-just-above"
  /// Buddy, time: each pair splits a page down to the least block and merges it.
  case buddySplitMerge = "buddy-split-merge"
  /// Buddy, waste: free neighbours that are not buddies are not merged.
  case buddyCheckerboard = "buddy-checkerboard"
  /// Lazy buddy, time: half of the frees merge two blocks, for the slack is used up.
  case lazyThrash = "lazy-thrash"
  /// Lazy buddy, waste: free buddies are not merged, and serve no larger request.
  case lazyHoard = "lazy-hoard"
  /// Power-of-two, waste: a header makes powers of two need the next one.
  case powerOfTwoExact = "power-of-two-exact"
  /// Power-of-two and McKusick–Karels, waste: a run for one block of each class.
  case classPerPage = "class-per-page"
  /// McKusick–Karels, waste: a class keeps pages that another one needs.
  case mckusickClassPerPage = "mckusick-class-per-page"
  /// McKusick–Karels, waste: sizes just above what a class holds.
  case mckusickJustAbove = "mckusick-just-above"
  /// Near-best fit, waste: a near fit low down uses up what would fit exactly later.
  case nearFitWindow = "near-fit-window"
  /// Near-best fit, time: extents of the request's class that are too short.
  case nearFitMisses = "near-fit-misses"
  /// Near-best fit, time: every second call returns a page.
  case lowPageHole = "low-page-hole"

  /// Which allocator's worst case it is, and why, in one line.
  public var claim: String {
    switch self {
    case .pageEach: "dummy, waste: a page for every 8 bytes"
    case .pinned: "all, waste: one block in each page keeps it, as blocks don't move"
    case .pinnedRandom: "all, waste: the same with survivors and frees in random order"
    case .pageBounce: "all, time: every pair of calls takes a page and returns it"
    case .largestAndLeast: "all, time: a page is taken and returned beside small blocks that stay"
    case .firstFitComb: "first fit, time: holes that are too short, in all low pages"
    case .firstFitStaircase:
      "first fit, waste: Robson's program, survivors spaced to spoil every hole"
    case .bestFitSlivers:
      "best fit, waste: each fit leaves 16 bytes, and the longer hole is missed later"
    case .bestFitScatter:
      "both best fits, waste in the drain: exact holes everywhere keep pages alive"
    case .worstFitShred: "worst fit, waste: small requests use up the holes that large ones need"
    case .buddyJustAbove: "buddy and lazy buddy, waste: sizes just above a power of two"
    case .buddySplitMerge:
      "buddy, time: each pair splits a page down to the least block and merges it"
    case .buddyCheckerboard: "buddy, waste: free neighbours that are not buddies are not merged"
    case .lazyThrash:
      "lazy buddy, time: half of the frees merge two blocks, for the slack is used up"
    case .lazyHoard: "lazy buddy, waste: free buddies are not merged, and serve no larger request"
    case .powerOfTwoExact: "power-of-two, waste: a header makes powers of two need the next one"
    case .classPerPage: "power-of-two and McKusick–Karels, waste: a run for one block of each class"
    case .mckusickClassPerPage: "McKusick–Karels, waste: a class keeps pages that another one needs"
    case .mckusickJustAbove: "McKusick–Karels, waste: sizes just above what a class holds"
    case .nearFitWindow:
      "near-best fit, waste: a near fit low down uses up what would fit exactly later"
    case .nearFitMisses: "near-best fit, time: extents of the request's class that are too short"
    case .lowPageHole: "near-best fit, time: every second call returns a page"
    }
  }

  /// Makes the trace.
  ///
  /// - Parameters:
  ///   - count: how many requests, about: rounds are whole.
  ///   - pageSize: bytes in a page, a power of two from 4 KiB on.
  ///   - seed: what chance there is follows from it.
  /// - Precondition: the count is within 0 and 2^26.
  /// - Complexity: O(count).
  public func trace(count: Int, pageSize: Int = 8192, seed: UInt64 = 1) -> Trace {
    precondition(count >= 0 && count <= 1 << 26, "a pattern has 0 to 2^26 requests")
    precondition(pageSize >= 4096 && pageSize.nonzeroBitCount == 1, "a page is a power of two")
    let layout = PatternLayout(
      count: count, page: pageSize, pageShift: pageSize.trailingZeroBitCount,
      random: SplitMix(seed: seed))
    return switch self {
    case .pageEach: layout.pageEach()
    case .pinned: layout.pinned(isRandom: false)
    case .pinnedRandom: layout.pinned(isRandom: true)
    case .pageBounce: layout.pageBounce()
    case .largestAndLeast: layout.largestAndLeast()
    case .firstFitComb: layout.firstFitComb()
    case .firstFitStaircase: layout.firstFitStaircase()
    case .bestFitSlivers: layout.bestFitSlivers()
    case .bestFitScatter: layout.bestFitScatter()
    case .worstFitShred: layout.worstFitShred()
    case .buddyJustAbove: layout.sizesAbovePowers(by: 1, from: 5, to: layout.pageShift - 2)
    case .buddySplitMerge: layout.buddySplitMerge()
    case .buddyCheckerboard: layout.checkerboard(freeing: 1)
    case .lazyThrash: layout.lazyThrash()
    case .lazyHoard: layout.checkerboard(freeing: 2)
    case .powerOfTwoExact: layout.sizesAbovePowers(by: 0, from: 4, to: layout.pageShift - 1)
    case .classPerPage: layout.classPerPage()
    case .mckusickClassPerPage: layout.classThatKeepsPages()
    case .mckusickJustAbove: layout.sizesAbovePowers(by: -7, from: 5, to: layout.pageShift - 1)
    case .nearFitWindow: layout.nearFitWindow()
    case .nearFitMisses: layout.nearFitMisses()
    case .lowPageHole: layout.lowPageHole()
    }
  }
}

/// What a pattern is laid out from.
struct PatternLayout {
  let count: Int
  /// Bytes in a page, and the power of two.
  let page: Int
  let pageShift: Int
  var random: SplitMix
}
