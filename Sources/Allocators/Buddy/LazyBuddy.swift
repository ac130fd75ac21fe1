// SPDX-License-Identifier: GPL-2.0 OR MIT

// The lazy buddy system of SVR4: blocks are split as in the buddy system, but made one again only as
// far as it looks worth it.
//
// Terms, for each order: A blocks are allocated; L are *locally free*, not coalesced and allocated as
// far as their buddies know; G are *globally free*; N = A + L + G. The *slack* is N − 2L − G = A − L.
//
//     slack ≥ 2  lazy          a block that is freed becomes locally free             slack − 2
//     slack = 1  reclaiming    it becomes globally free and is coalesced              slack − 1
//     slack = 0  accelerated   the same, and one locally free block is coalesced too  slack ± 0
//
//     a locally free block is allocated   slack + 2
//     a globally free one                 slack + 1
//     a split: one half allocated, the other locally free: ± 0; where the block that is split was
//     locally free itself, its own order's slack + 1
//
// Invariants: slack = A − L ≥ 0 for each order; globally free blocks are not buddies of each other.
//
// A page without an allocated block is returned at once, whatever state its free blocks are in: the
// header of its first block counts the allocated ones. There is one pool of memory.
//
// Worst case of time: O(log(page size)) for splits and merges, O(blocks in a page) to return a page,
// O(1) per block that was split off before. In the lazy state: one list operation.
//
// Source: R. E. Barkley, T. P. Lee, "A lazy buddy system bounded by two coalescing delays per class",
// SOSP 1989; Vahalia, 12.7.

public import Pages

/// The lazy buddy system of SVR4.
@safe
@frozen
public struct LazyBuddy: KernelMemoryAllocator, HeaderAllocator, ~Copyable {
  /// The page that begins with the root's block; nil while no block is smaller than a page.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: O(log(page size)); O(1) where a block of the order is free.
  @inlinable @inline(__always)
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let pageBytes = source.pageBytes
    guard size > 0, size <= pageBytes &- 8 else { return nil }
    let order = BuddyBlock.order(size)
    let pageShift = pageBytes.trailingZeroBitCount
    if order == pageShift {
      guard let page = source.takePage() else { return nil }
      BuddyBlock(page).mark(.allocated, order)
      return unsafe (page + 8).pointer
    }
    if entry == nil { guard found(pageShift, &source) else { return nil } }
    let root = LazyRoot(entry!, pageShift: pageShift)
    let block: BuddyBlock
    if let free = root.local[order] {
      block = free
      root.local.remove(block, order)
      root.slack(order, add: 2)
    } else if let free = root.global[order] {
      block = free
      root.global.remove(block, order)
      root.slack(order, add: 1)
    } else {
      guard let larger = splitLarger(order, root, pageBytes, &source) else {
        close(&source)
        return nil
      }
      block = larger
    }
    block.mark(.allocated, order)
    let page = BuddyBlock(block.at.roundedDown(to: pageBytes))
    page.live &+= 1
    root.blocks &+= 1
    return unsafe (block.at + 8).pointer
  }

  /// Splits the least free block above an order, or a new page. Upper halves become locally free as
  /// the other half is allocated.
  @inlinable @inline(__always)
  mutating func splitLarger<Source: PageSource & ~Copyable>(
    _ order: Int, _ root: LazyRoot, _ pageBytes: Int, _ source: inout Source
  ) -> BuddyBlock? {
    let orders = (root.local.orders | root.global.orders) &>> UInt64(truncatingIfNeeded: order)
    var half: Int
    let block: BuddyBlock
    if orders != 0 {
      half = order &+ orders.trailingZeroBitCount
      if let free = root.local[half] {
        block = free
        root.local.remove(block, half)
        root.slack(half, add: 1)
      } else {
        block = root.global[half]!
        root.global.remove(block, half)
      }
    } else {
      guard let page = source.takePage() else { return nil }
      block = BuddyBlock(page)
      block.live = 0
      half = pageBytes.trailingZeroBitCount
    }
    while half > order {
      half &-= 1
      let upper = BuddyBlock(block.at + (1 &<< half))
      // The lower half of an order in between is split on: only the last one is allocated.
      if half == order {
        upper.mark(.locallyFree, half)
        root.local.push(upper, half)
      } else {
        upper.mark(.free, half)
        root.global.push(upper, half)
      }
    }
    return block
  }

  /// - Complexity: O(log(page size)), and O(blocks in the page) where the page is returned.
  @inlinable @inline(__always)
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let block = unsafe BuddyBlock(Place(block) - 8)
    give(block, expected: BuddyBlock.order(size), noted: block.order, &source)
  }

  /// Makes a block free, as its order's slack wants it.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ block: BuddyBlock, _ order: Int, _ source: inout Source
  ) {
    let pageBytes = source.pageBytes
    let pageShift = pageBytes.trailingZeroBitCount
    if order == pageShift {
      source.returnPage(block.at)
      return
    }
    let root = LazyRoot(entry!, pageShift: pageShift)
    let page = BuddyBlock(block.at.roundedDown(to: pageBytes))
    let live = page.live &- 1
    page.live = live
    root.blocks &-= 1
    let slack = root.slack(order)
    if live == 0 {
      root.slack(order, add: -1)
      root.repay(order, pageBytes)
      block.mark(.free, order)
      root.global.push(block, order)
      empty(page, root, pageBytes, &source)
    } else if slack >= 2 {
      block.mark(.locallyFree, order)
      root.local.push(block, order)
      root.slack(order, add: -2)
    } else {
      root.slack(order, add: -1)
      root.coalesce(block, order, pageBytes)
      root.repay(order, pageBytes)
    }
    if root.blocks == 0 { close(&source) }
  }

  /// Takes all blocks of a page, none of which is allocated, out of their lists and returns it.
  @inlinable @inline(never)
  mutating func empty<Source: PageSource & ~Copyable>(
    _ page: BuddyBlock, _ root: LazyRoot, _ pageBytes: Int, _ source: inout Source
  ) {
    var offset = 0
    while offset < pageBytes {
      let block = BuddyBlock(page.at + offset)
      let order = block.order
      if block.state == BuddyState.locallyFree.rawValue {
        root.local.remove(block, order)
        root.slack(order, add: 1)
      } else {
        root.global.remove(block, order)
      }
      offset &+= 1 &<< order
    }
    source.returnPage(page.at)
  }

  /// Takes the first page, and lays out the root in its first block.
  @inlinable @inline(never)
  mutating func found<Source: PageSource & ~Copyable>(
    _ pageShift: Int, _ source: inout Source
  ) -> Bool {
    guard let page = source.takePage() else { return false }
    let order = BuddyBlock.order(LazyRoot.byteCount(pageShift: pageShift))
    page.clear(1 &<< order)
    page.store(16, pageShift)
    entry = page
    let root = LazyRoot(page, pageShift: pageShift)
    BuddySystem.split(BuddyBlock(page), pageShift, to: order, root.global)
    BuddyBlock(page).mark(.allocated, order)
    BuddyBlock(page).live = 1
    return true
  }

  /// Returns the root's page where no block is left.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(_ source: inout Source) {
    guard let root = entry, root.load(8, as: Int.self) == 0 else { return }
    entry = nil
    source.returnPage(root)
  }

  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    return LazyRoot(entry, pageShift: entry.load(16)).holds()
  }
}

/// The root: header 0, blocks 8, page shift 16, then the slack of each order and the two tables.
@frozen
@usableFromInline
struct LazyRoot: BitwiseCopyable {
  @usableFromInline let at: Place
  @usableFromInline let global: BuddyLists
  @usableFromInline let local: BuddyLists

  @inlinable @inline(__always)
  init(_ at: Place, pageShift: Int) {
    self.at = at
    let lists = BuddyLists.byteCount(pageShift: pageShift)
    global = BuddyLists(at + 24)
    local = BuddyLists(at + (24 &+ lists))
  }

  /// Bytes behind the header.
  @inlinable static func byteCount(pageShift: Int) -> Int {
    16 &+ 2 &* BuddyLists.byteCount(pageShift: pageShift) &+ 4 &* (pageShift &- 5)
  }

  @inlinable var blocks: Int {
    get { at.load(8) }
    nonmutating set { at.store(8, newValue) }
  }

  /// The place of an order's slack, behind the two tables.
  @inlinable @inline(__always)
  func slackOffset(_ order: Int) -> Int { (local.at - global.at) &* 2 &+ 24 &+ 4 &* (order &- 5) }

  @inlinable @inline(__always)
  func slack(_ order: Int) -> Int32 { at.load(slackOffset(order)) }

  @inlinable @inline(__always)
  func slack(_ order: Int, add change: Int32) {
    at.store(slackOffset(order), slack(order) &+ change)
  }

  /// Makes a free block one with its buddy as long as that is globally free.
  @inlinable
  func coalesce(_ freed: BuddyBlock, _ freedOrder: Int, _ pageBytes: Int) {
    var block = freed
    var order = freedOrder
    while 1 &<< (order &+ 1) < pageBytes {
      let buddy = block.buddy(order, pageBytes: pageBytes)
      guard buddy.isMarked(.free, order) else { break }
      global.remove(buddy, order)
      if buddy.at - block.at < 0 { block = buddy }
      order &+= 1
    }
    block.mark(.free, order)
    global.push(block, order)
  }

  /// Coalesces a locally free block where the slack has become negative.
  @inlinable @inline(__always)
  func repay(_ order: Int, _ pageBytes: Int) {
    guard slack(order) < 0, let block = local[order] else { return }
    local.remove(block, order)
    slack(order, add: 1)
    coalesce(block, order, pageBytes)
  }

  /// Whether the lists are sound and no slack is negative.
  func holds() -> Bool {
    let shift: Int = at.load(16)
    guard global.holds(.free), local.holds(.locallyFree) else { return false }
    return (5..<max(5, shift)).allSatisfy { slack($0) >= 0 }
  }
}
