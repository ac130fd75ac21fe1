// SPDX-License-Identifier: GPL-2.0 OR MIT

// A block of a buddy system: 2^order bytes at a multiple of its size in the page.
//
//     0       2       4            8                    16
//     │ state │ order │ live      │ next (free blocks)  │ previous (free blocks)
//     │       │       │ (page's)  │ or the user's bytes …
//
// Terms: two halves of one block are *buddies*: their offsets in the page differ in one bit, 2^order.
// `live` counts the allocated blocks of a page, in the header of the block at the page's beginning.
//
// Invariants: the blocks of a page cover it without overlap; a free block is in the list of its state
// and order.

/// The state of a block.
@frozen
@usableFromInline
enum BuddyState: UInt16, BitwiseCopyable {
  case allocated = 0x5a00
  /// Free, and its buddy is not: otherwise the two would be one block.
  case free = 0x5a01
  /// Free, but as good as allocated to its buddy: not coalesced yet.
  case locallyFree = 0x5a02
}

/// A block, by the place of its header.
@frozen
@usableFromInline
struct BuddyBlock: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  /// Room for a header and two links.
  @inlinable static var smallestOrder: Int { 5 }

  /// The order of the block for a request.
  @inlinable @inline(__always)
  static func order(_ size: Int) -> Int {
    max(smallestOrder, Int.bitWidth &- (size &+ 7).leadingZeroBitCount)
  }

  @inlinable @inline(__always)
  func mark(_ state: BuddyState, _ order: Int) {
    at.store(0, UInt32(state.rawValue) | UInt32(truncatingIfNeeded: order) &<< 16)
  }

  @inlinable @inline(__always)
  func isMarked(_ state: BuddyState, _ order: Int) -> Bool {
    at.load(0, as: UInt32.self)
      == UInt32(state.rawValue) | UInt32(truncatingIfNeeded: order) &<< 16
  }
  @inlinable var order: Int { Int(at.load(2, as: UInt16.self)) }
  @inlinable var state: UInt16 { at.load(0) }

  /// Allocated blocks of the page that this block begins.
  @inlinable var live: UInt32 {
    get { at.load(4) }
    nonmutating set { at.store(4, newValue) }
  }
  @inlinable var next: BuddyBlock? {
    get { at.load(8, as: BuddyBlock?.self) }
    nonmutating set { at.store(8, newValue) }
  }
  @inlinable var previous: BuddyBlock? {
    get { at.load(16, as: BuddyBlock?.self) }
    nonmutating set { at.store(16, newValue) }
  }

  /// The other half of the block that this one is half of.
  @inlinable @inline(__always)
  func buddy(_ order: Int, pageBytes: Int) -> BuddyBlock {
    at.offset(in: pageBytes) & (1 &<< order) == 0
      ? BuddyBlock(at + (1 &<< order)) : BuddyBlock(at - (1 &<< order))
  }
}

/// Lists of free blocks by order, and a bit for each that is not empty: 8 + 8 × orders bytes.
@frozen
@usableFromInline
struct BuddyLists: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static func byteCount(pageShift: Int) -> Int {
    8 &+ 8 &* (pageShift &- BuddyBlock.smallestOrder)
  }

  /// Bit k is set iff the list of order k is not empty.
  @inlinable var orders: UInt64 {
    get { at.load(0) }
    nonmutating set { at.store(0, newValue) }
  }
  @inlinable @inline(__always)
  subscript(order: Int) -> BuddyBlock? {
    get { at.load(8 &+ 8 &* (order &- 5), as: BuddyBlock?.self) }
    nonmutating set { at.store(8 &+ 8 &* (order &- 5), newValue) }
  }

  /// Puts a block into a list: before the first of its first three that is higher, else behind them, so
  /// that low pages tend to be used and high ones drain.
  @inlinable @inline(__always)
  func push(_ block: BuddyBlock, _ order: Int) {
    let first = self[order]
    guard var leader = first, block.at - leader.at > 0 else {
      block.next = first
      block.previous = nil
      first?.previous = block
      self[order] = block
      orders |= 1 &<< UInt64(truncatingIfNeeded: order)
      return
    }
    var next = leader.next
    var steps = 2
    while steps > 0, let follower = next, block.at - follower.at > 0 {
      leader = follower
      next = follower.next
      steps &-= 1
    }
    block.next = next
    block.previous = leader
    next?.previous = block
    leader.next = block
  }

  @inlinable @inline(__always)
  func remove(_ block: BuddyBlock, _ order: Int) {
    let next = block.next
    next?.previous = block.previous
    if let previous = block.previous {
      previous.next = next
      return
    }
    self[order] = next
    if next == nil { orders &= ~(1 &<< UInt64(truncatingIfNeeded: order)) }
  }
}
