// SPDX-License-Identifier: GPL-2.0 OR MIT

// Where whole page frames come from.
//
// Terms:
// - A *page* here is one page frame with an address at which it can be read and written, aligned to
//   its own size. Nothing smaller is dealt in, and nothing larger.
// - A *source* owns the pages; whoever took one holds it until it is given back.
//
//            getPage
//     free ───────────▶ in use        freePage of a page that is free: PageSourceError.doubleFree
//       ▲                 │           freePage of anything else:       PageSourceError.foreignPage
//       └─────────────────┘
//            freePage
//
// Invariant: inUse = requested − freed, and inUse ≤ peak ≤ requested.
//
// Source: the page-level allocator under a kernel memory allocator, U. Vahalia, "UNIX Internals",
// chapter 12.

/// Whole page frames, and nothing smaller.
public protocol PageSource: ~Copyable {
  /// Bytes in a page: 4 KiB or more.
  var pageSize: PageSize { get }

  /// What was taken and given back so far.
  var statistics: PageStatistics { get }

  /// Takes a page.
  ///
  /// - Returns: the address of the page's first byte, a multiple of ``pageSize``. What the page
  ///   holds is not said.
  /// - Throws: ``PageSourceError/exhausted(limit:)`` where no page is left.
  /// - Complexity: O(1).
  mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer

  /// Gives a page back.
  ///
  /// - Throws: ``PageSourceError`` for a page that is not in use or not this source's; then nothing
  ///   has changed.
  /// - Complexity: O(1).
  mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError)
}

/// What a page source gave and got back.
public struct PageStatistics: Sendable, Hashable, BitwiseCopyable {
  /// Pages taken.
  public internal(set) var requested: Int
  /// Pages given back.
  public internal(set) var freed: Int
  /// The most pages that were in use at one time.
  public internal(set) var peak: Int

  /// The record of a source that nobody has used.
  public init() {
    requested = 0
    freed = 0
    peak = 0
  }

  /// Pages taken and not given back.
  @inlinable
  public var inUse: Int { requested &- freed }

  /// Counts a page that was taken.
  public mutating func countRequest() {
    requested &+= 1
    if inUse > peak { peak = inUse }
  }

  /// Counts a page that was given back.
  public mutating func countFree() {
    freed &+= 1
  }
}

/// Why a page could not be taken or given back.
public enum PageSourceError: Error, Sendable, Hashable {
  /// As many pages are in use as the source has.
  case exhausted(limit: Int)
  /// The page is free already.
  case doubleFree(VirtualAddress)
  /// The address is not that of one of the source's pages.
  case foreignPage(VirtualAddress)
}

extension PageSourceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exhausted(let limit):
      "no page is left: all \(limit) are in use"
    case .doubleFree(let page):
      "the page at 0x\(String(page.rawValue, radix: 16)) is freed twice"
    case .foreignPage(let page):
      "0x\(String(page.rawValue, radix: 16)) is not the start of a page of this source"
    }
  }
}
