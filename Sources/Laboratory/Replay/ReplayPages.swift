// SPDX-License-Identifier: MIT

// The page sources over which a trace can be replayed. A further one conforms to ReplayPages, has its
// case in PageSourceName, and its line in `contestant`.

public import Pages

/// Pages that lie in one range of addresses and are numbered from its start.
public protocol ReplayPages: PageSource, ~Copyable {
  /// Makes `limit` pages ready to be taken.
  ///
  /// - Throws: where there is no memory or no address space for so many.
  init(pageSize: PageSize, limit: Int) throws(AllocationError)

  /// The first byte of the first page.
  var start: UnsafeRawPointer { get }

  /// Whether a block of 1 byte or more lies inside one page that is in use.
  func holds(_ block: UnsafeMutableRawPointer, size: Int) -> Bool
}

extension ReplayPages where Self: ~Copyable {
  /// The distance from the first byte of the first page, in bytes.
  @inline(__always)
  func offset(of address: UnsafeMutableRawPointer) -> Int {
    unsafe UnsafeRawPointer(address) - start
  }

  /// Whether a page is in use.
  func isInUse(frame: Int) -> Bool {
    let address = unsafe start + frame * pageSize.bytes.rawValue
    return unsafe holds(UnsafeMutableRawPointer(mutating: address), size: 1)
  }
}

extension PagePool: ReplayPages {}
extension MappedPages: ReplayPages {}
extension ModelPages: ReplayPages {}

/// The page sources, by the names that people type.
public enum PageSourceName: String, Sendable, CaseIterable {
  /// The course's pool: pages that were touched stay committed.
  case pool
  /// Real memory that is given back to the system page by page.
  case mapped
  /// Blocks of the buddy system in a model of Linux's physical memory.
  case model

  /// An allocator over pages of this source, ready to start.
  func contestant(
    _ name: AllocatorName, _ plan: ReplayPlan, _ declaredEvents: Int, _ lines: DataLines?
  ) throws(AllocationError) -> Contestant {
    switch self {
    case .pool: try name.contestant(over: PagePool.self, plan, declaredEvents, lines)
    case .mapped: try name.contestant(over: MappedPages.self, plan, declaredEvents, lines)
    case .model: try name.contestant(over: ModelPages.self, plan, declaredEvents, lines)
    }
  }
}

/// A source whose refusals are counted.
struct NotingPages<Base: ReplayPages & ~Copyable>: PageSource, ~Copyable {
  var base: Base
  /// How often no page was left.
  private(set) var exhaustions = 0

  init(_ base: consuming Base) { self.base = base }

  var pageSize: PageSize { base.pageSize }
  var statistics: PageStatistics { base.statistics }

  mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    do throws(PageSourceError) {
      return try unsafe base.getPage()
    } catch {
      exhaustions += 1
      throw error
    }
  }

  mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    try unsafe base.freePage(page)
  }
}
