// SPDX-License-Identifier: MIT

// The binary buddy system of a zone: free frames in blocks of 2^k, k from 0 to 10, each at a multiple of
// its size.
//
//     order 2 │               │               │
//     order 1 │       │ taken │     free      │       the buddy of block b of order k is b xor 2^k
//     order 0 │ f │ t │
//
// Allocating: the smallest block that is large enough is split until it fits; upper halves go to their
// lists. Freeing: while the buddy is free and of the same order, the two are merged.
//
// *Fresh* blocks are blocks of the largest order that were never allocated. They are in no list and their
// records are unwritten: a zone keeps them as extents, and takes the next one when its lists have nothing
// large enough. That is why booting a machine of any size writes almost nothing.
//
// The head of a free block has `used` iff any of its frames was allocated before: halves inherit it, and
// a merged block has it if either part had it. A block without it is known to be zero.
//
// Invariants: no two free buddies of one order exist, except of the largest; a block's frames are all in
// one zone; only heads of free blocks have `buddy`.
//
// Worst case: 10 splits or merges, each one list operation and one or two records.
//
// Source: K. C. Knowlton, CACM 8(10), 1965; rmqueue(), expand() and __free_one_page() of
// mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// Takes a block of `order`, or nil if the zone has none.
  ///
  /// All its record says is whether it was `used`.
  @inline(__always)
  package mutating func takeBlock(_ zone: Int, _ order: Int) -> PageFrameNumber? {
    zones[zone].takeBlock(zone, order, frames, freshExtents)
  }

  /// Returns a block, whose record's flags say only whether it was `used`.
  @inline(__always)
  mutating func giveBlock(_ block: PageFrameNumber, _ zone: Int, _ order: Int) {
    zones[zone].giveBlock(block, zone, order, frames)
  }
}

extension Zone {
  @inline(__always)
  fileprivate mutating func takeBlock(
    _ zone: Int, _ order: Int, _ frames: RecordTable<PageFrame>,
    _ freshExtents: RecordTable<FrameExtent>
  ) -> PageFrameNumber? {
    let larger = filledAreas &>> UInt32(truncatingIfNeeded: order)
    var from: Int
    let block: PageFrameNumber
    if larger != 0 {
      from = order &+ larger.trailingZeroBitCount
      block = areas[from].pop(.first, frames)!
      noteFilled(from)
    } else {
      guard let fresh = takeFresh(freshExtents) else { return nil }
      block = fresh
      from = Order.count &- 1
    }
    free &-= 1 &<< order
    let used = frames[block].flags.intersection(.used)
    while from > order {
      from &-= 1
      let upper = block.rawValue &+ 1 &<< UInt32(truncatingIfNeeded: from)
      markFree(PageFrameNumber(rawValue: upper), zone, from, used, frames)
    }
    frames[block].flags = used
    return block
  }

  /// Writes a free block's record and puts it into its list.
  @inline(__always)
  mutating func markFree(
    _ block: PageFrameNumber, _ zone: Int, _ order: Int, _ used: PageFlags,
    _ frames: RecordTable<PageFrame>
  ) {
    frames[block].begin(used.union(.buddy), order, zone)
    areas[order].insert(block, at: .first, frames)
    filledAreas |= 1 &<< UInt32(truncatingIfNeeded: order)
  }

  /// Updates the bit of an area that a block was taken from.
  @inline(__always)
  mutating func noteFilled(_ order: Int) {
    let isEmpty: UInt32 = areas[order].isEmpty ? 1 : 0
    filledAreas &= ~(isEmpty &<< UInt32(truncatingIfNeeded: order))
  }

  /// The next block of the largest order that was never allocated.
  @inline(never)
  private mutating func takeFresh(_ extents: RecordTable<FrameExtent>) -> PageFrameNumber? {
    guard freshBlocks > 0 else { return nil }
    var extent = Int(freshExtent)
    while extents[extent].start == extents[extent].end { extent += 1 }
    freshExtent = Int32(extent)
    let block = extents[extent].start
    extents[extent].start.rawValue += UInt32(Order.largest.frameCount)
    freshBlocks -= 1
    return block
  }

  @inline(__always)
  fileprivate mutating func giveBlock(
    _ given: PageFrameNumber, _ zone: Int, _ givenOrder: Int, _ frames: RecordTable<PageFrame>
  ) {
    var block = given
    var order = givenOrder
    var used = frames[block].flags
    free &+= 1 &<< order
    while order < Order.count &- 1 {
      let half: UInt32 = 1 &<< UInt32(truncatingIfNeeded: order)
      let buddy = PageFrameNumber(rawValue: block.rawValue ^ half)
      guard frames[buddy].isFreeBlock(order, zone) else { break }
      areas[order].remove(buddy, frames)
      noteFilled(order)
      used.formUnion(frames[buddy].flags.intersection(.used))
      frames[buddy].flags = []
      frames[block].flags = []
      block.rawValue &= ~half
      order &+= 1
    }
    markFree(block, zone, order, used, frames)
  }
}
