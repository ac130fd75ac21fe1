// SPDX-License-Identifier: GPL-2.0 OR MIT

// The binary buddy system inside pages: a block is split in halves until it fits, and halves that are
// both free again are made one at once.
//
//     8192 │                               │
//     4096 │               │     free      │
//     2048 │  free │ block │
//
// State: the root, in a block of the first page: lists of free blocks by order with a bit for each,
// and the number of blocks. A block's header says its order and whether it is free, which is what a
// bitmap would say; its request's size is so not needed.
//
// Invariants: buddies are not both free; a page that is one free block is returned.
//
// Worst case of time: O(log(page size / 32)) splits or merges; most calls take one list operation.
// Waste: up to half of each block; a page stays as long as one block is in it.
//
// Source: K. C. Knowlton, "A fast storage allocator", CACM 8(10), 1965; Vahalia, 12.6.

public import Pages

/// The binary buddy system.
@safe
@frozen
public struct BuddySystem: KernelMemoryAllocator, HeaderAllocator, ~Copyable {
  /// The page that begins with the root's block; nil while no block is smaller than a page.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  // The root: header 0, blocks 8, lists 16.
  @inlinable static func rootOrder(pageShift: Int) -> Int {
    BuddyBlock.order(8 &+ BuddyLists.byteCount(pageShift: pageShift))
  }

  /// - Complexity: O(log(page size)).
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
    let root = entry!
    let lists = BuddyLists(root + 16)
    let orders = lists.orders &>> UInt64(truncatingIfNeeded: order)
    let block: BuddyBlock
    var from: Int
    if orders != 0 {
      from = order &+ orders.trailingZeroBitCount
      block = lists[from]!
      lists.remove(block, from)
    } else {
      guard let page = source.takePage() else {
        close(&source)
        return nil
      }
      block = BuddyBlock(page)
      from = pageShift
    }
    Self.split(block, from, to: order, lists)
    block.mark(.allocated, order)
    let blocks: Int = root.load(8)
    root.store(8, blocks &+ 1)
    return unsafe (block.at + 8).pointer
  }

  /// - Complexity: O(log(page size)).
  @inlinable @inline(__always)
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let block = unsafe BuddyBlock(Place(block) - 8)
    give(block, expected: BuddyBlock.order(size), noted: block.order, &source)
  }

  /// Makes a block free.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ given: BuddyBlock, _ givenOrder: Int, _ source: inout Source
  ) {
    let pageBytes = source.pageBytes
    let pageShift = pageBytes.trailingZeroBitCount
    var block = given
    var order = givenOrder
    if order == pageShift {
      source.returnPage(block.at)
      return
    }
    let root = entry!
    let lists = BuddyLists(root + 16)
    while order < pageShift {
      let buddy = block.buddy(order, pageBytes: pageBytes)
      guard buddy.isMarked(.free, order) else { break }
      lists.remove(buddy, order)
      if buddy.at - block.at < 0 { block = buddy }
      order &+= 1
    }
    if order == pageShift {
      source.returnPage(block.at)
    } else {
      block.mark(.free, order)
      lists.push(block, order)
    }
    let blocks: Int = root.load(8)
    root.store(8, blocks &- 1)
    if blocks == 1 { close(&source) }
  }

  /// Halves a block until it has the order; the upper halves become free.
  @inlinable @inline(__always)
  static func split(_ block: BuddyBlock, _ from: Int, to order: Int, _ lists: BuddyLists) {
    var half = from
    while half > order {
      half &-= 1
      let upper = BuddyBlock(block.at + (1 &<< half))
      upper.mark(.free, half)
      lists.push(upper, half)
    }
  }

  /// Takes the first page, and lays out the root in its first block.
  @inlinable @inline(never)
  mutating func found<Source: PageSource & ~Copyable>(
    _ pageShift: Int, _ source: inout Source
  ) -> Bool {
    guard let page = source.takePage() else { return false }
    let order = Self.rootOrder(pageShift: pageShift)
    let root = BuddyBlock(page)
    page.clear(1 &<< order)
    root.mark(.allocated, order)
    Self.split(root, pageShift, to: order, BuddyLists(page + 16))
    entry = page
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
    let lists = BuddyLists(entry + 16)
    return lists.holds(.free) && entry.load(8, as: Int.self) >= 0
  }
}

extension BuddyLists {
  /// Whether each list has blocks of its state and order only, linked both ways, and a bit iff it
  /// has any.
  func holds(_ state: BuddyState) -> Bool {
    for order in 5..<64 where orders & 1 &<< UInt64(order) != 0 {
      guard var block = self[order] else { return false }
      guard block.previous == nil else { return false }
      while true {
        guard block.isMarked(state, order) else { return false }
        guard let next = block.next else { break }
        guard next.previous == block else { return false }
        block = next
      }
    }
    return true
  }
}
