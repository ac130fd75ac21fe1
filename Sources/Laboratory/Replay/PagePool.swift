// SPDX-License-Identifier: MIT

// The course's pool of pages: a fixed number of them, side by side.
//
//     │ page 0 │ page 1 │ … │ page fresh−1 │ ········· never taken ········· │ limit
//
// Terms: a page is *fresh* until it is first taken; pages that came back are *returned* and are taken
// again before a fresh one, the last first.
//
// Invariants: inUse + returned = fresh ≤ limit; a page's bit is set iff it is in use.
//
// The memory is reserved at once and committed page by page, as it is touched.

public import Pages
internal import Tamalloc

/// A pool of a fixed number of pages.
@safe
public struct PagePool: PageSource, ~Copyable {
  /// Kept for its memory alone.
  private var memory: LazyMemory
  private let base: UnsafeMutableRawPointer
  private let pageShift: Int
  private var bits: [UInt64]
  private var returned: [UInt32] = []
  private var fresh = 0

  public let pageSize: PageSize
  /// The number of pages.
  public let limit: Int
  public private(set) var statistics = PageStatistics()

  /// The course's page size.
  public static let usualPageSize = PageSize(8192)!
  /// The course's number of pages.
  public static let usualLimit = 4096

  /// Reserves the pages.
  ///
  /// - Precondition: `limit` is within 1 and 2^32 − 1; the page size is within 4 KiB and 1 GiB.
  /// - Throws: where there is no address space for so many.
  public init(
    pageSize: PageSize = usualPageSize, limit: Int = usualLimit
  ) throws(AllocationError) {
    precondition(limit > 0 && limit <= Int(UInt32.max), "a pool has 1 to 2^32 − 1 pages")
    let (bytes, overflow) = limit.multipliedReportingOverflow(by: pageSize.bytes.rawValue)
    guard !overflow else { throw .sizeTooLarge(ByteCount(.max)) }
    memory = try LazyMemory(size: ByteCount(bytes), alignment: pageSize.bytes)
    // SAFETY: the memory is never resized, so that it stays where it is as long as this value lives.
    unsafe base = unsafe memory.withUnsafeMutableBytes { unsafe $0.baseAddress.unsafelyUnwrapped }
    self.pageSize = pageSize
    self.limit = limit
    pageShift = pageSize.bytes.rawValue.trailingZeroBitCount
    bits = Array(repeating: 0, count: (limit + 63) / 64)
  }

  public mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    let page: Int
    if let last = returned.popLast() {
      page = Int(last)
    } else {
      guard fresh < limit else { throw .exhausted(limit: limit) }
      page = fresh
      fresh += 1
    }
    bits[page >> 6] |= 1 << (page & 63)
    statistics.countRequest()
    return unsafe base + (page << pageShift)
  }

  public mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    let number = try unsafe number(of: page)
    let bit: UInt64 = 1 << (number & 63)
    guard bits[number >> 6] & bit != 0 else {
      throw unsafe .doubleFree(VirtualAddress(page))
    }
    bits[number >> 6] &= ~bit
    returned.append(UInt32(number))
    statistics.countFree()
  }

  /// Gives the memory of a page back to the system; the page stays the pool's.
  mutating func discard(_ page: UnsafeMutableRawPointer) throws(AllocationError) {
    let offset = unsafe page - base
    try memory.discard(offset..<offset + pageSize.bytes.rawValue)
  }

  /// The first byte of the first page.
  public var start: UnsafeRawPointer { unsafe UnsafeRawPointer(base) }

  /// Whether a block lies inside one page that is in use.
  public func holds(_ block: UnsafeMutableRawPointer, size: Int) -> Bool {
    let offset = unsafe block - base
    guard offset >= 0, offset >> pageShift < fresh, size > 0 else { return false }
    let page = offset >> pageShift
    return bits[page >> 6] & 1 << (page & 63) != 0 && (offset + size - 1) >> pageShift == page
  }

  private func number(of page: UnsafeMutableRawPointer) throws(PageSourceError) -> Int {
    let offset = unsafe page - base
    guard offset >= 0, offset & (pageSize.bytes.rawValue - 1) == 0, offset >> pageShift < fresh
    else { throw unsafe .foreignPage(VirtualAddress(page)) }
    return offset >> pageShift
  }
}
