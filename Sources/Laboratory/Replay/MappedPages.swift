// SPDX-License-Identifier: MIT

// Pages of real memory: what is given back goes back to the system.
//
// A pool over lazily committed address space, whose pages are discarded when they are freed: the next
// use finds zeros and commits a page frame again. Invariant: at most the pages in use are committed.

public import Pages

/// Pages that the system commits when they are touched and takes back when they are freed.
public struct MappedPages: PageSource, ~Copyable {
  private var pool: PagePool

  /// Reserves address space for `limit` pages: 64 GiB of 8 KiB unless told otherwise.
  public init(
    pageSize: PageSize = PagePool.usualPageSize, limit: Int = 1 << 23
  ) throws(AllocationError) {
    pool = try PagePool(pageSize: pageSize, limit: limit)
  }

  public var pageSize: PageSize { pool.pageSize }
  public var statistics: PageStatistics { pool.statistics }

  public mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    try unsafe pool.getPage()
  }

  public mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    try unsafe pool.freePage(page)
    // Where the system refuses, the page stays committed: it costs memory, and harms nothing.
    _ = try? unsafe pool.discard(page)
  }

  public var start: UnsafeRawPointer { unsafe pool.start }

  public func holds(_ block: UnsafeMutableRawPointer, size: Int) -> Bool {
    unsafe pool.holds(block, size: size)
  }
}
