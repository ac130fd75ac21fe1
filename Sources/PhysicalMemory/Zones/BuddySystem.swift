// SPDX-License-Identifier: MIT

// The binary buddy system of a zone: free frames in blocks of 2^k, k from 0 to 10, each at a multiple of
// its size.
//
//     order 2 │               │               │
//     order 1 │       │ taken │     free      │       the buddy of block b of order k is b xor 2^k
//     order 0 │ f │ t │
//
// Taking: the smallest block that is large enough is halved until it fits; upper halves go to their
// lists. Giving back: while the buddy is free and of the same order, the two become one.
//
// *Fresh* blocks are whole blocks of the largest order that were never handed out. They are in no list
// and nobody has written their records: a zone knows them as extents, and takes the next one when the
// lists have nothing large enough. That is why booting a machine of any size writes almost nothing.
//
// The head of a free block has `used` iff any of its frames was handed out before: halves inherit it,
// and of two that become one it is enough that one has it. A block without it is known to be zero.
//
// Invariants: no two free buddies of one order stand side by side, but of the largest; a block's frames
// are all of one zone; only heads of free blocks have `buddy`.
//
// Worst case: 10 halvings or unions, each one list operation and one or two records.
//
// Source: K. C. Knowlton, CACM 8(10), 1965; rmqueue(), expand() and __free_one_page() of
// mm/page_alloc.c, Linux 6.12.

extension Machine {
  /// Takes a block of `order`, or nil where the zone has none.
  ///
  /// Its record says nothing but whether it was `used`.
  @inline(__always)
  mutating func takeBlock(_ zone: Int, _ order: Int) -> PageFrameNumber? {
    let larger = zones[zone].filledAreas >> UInt32(truncatingIfNeeded: order)
    var from: Int
    let block: PageFrameNumber
    if larger != 0 {
      from = order &+ larger.trailingZeroBitCount
      block = zones[zone].areas[from].popFirst(frames)!
      if zones[zone].areas[from].isEmpty { zones[zone].filledAreas &= ~(1 << UInt32(from)) }
    } else {
      guard let fresh = takeFresh(zone) else { return nil }
      block = fresh
      from = Order.count &- 1
    }
    zones[zone].free &-= 1 &<< order
    let used = frames[block].flags.intersection(.used)
    while from > order {
      from &-= 1
      let upper = PageFrameNumber(
        rawValue: block.rawValue &+ 1 &<< UInt32(truncatingIfNeeded: from))
      markFree(upper, zone, from, used)
    }
    frames[block].flags = used
    return block
  }

  /// Writes a free block's record and puts it into its list.
  @inline(__always)
  mutating func markFree(
    _ block: PageFrameNumber, _ zone: Int, _ order: Int, _ used: PageFlags
  ) {
    frames[block].flags = used.union(.buddy)
    frames[block].blockOrder = UInt8(truncatingIfNeeded: order)
    frames[block].zoneIndex = UInt16(truncatingIfNeeded: zone)
    zones[zone].areas[order].prepend(block, frames)
    zones[zone].filledAreas |= 1 &<< UInt32(truncatingIfNeeded: order)
  }

  /// The next block of the largest order that nobody has had.
  @inline(never)
  private mutating func takeFresh(_ zone: Int) -> PageFrameNumber? {
    guard zones[zone].freshBlocks > 0 else { return nil }
    var extent = Int(zones[zone].freshExtent)
    while freshExtents[extent].start == freshExtents[extent].end { extent += 1 }
    zones[zone].freshExtent = Int32(extent)
    let block = freshExtents[extent].start
    freshExtents[extent].start.rawValue += UInt32(Order.largest.frameCount)
    zones[zone].freshBlocks -= 1
    return block
  }

  /// Gives a block back, whose record's flags say whether it was `used`, and nothing else.
  @inline(__always)
  mutating func giveBlock(_ given: PageFrameNumber, _ zone: Int, _ givenOrder: Int) {
    var block = given
    var order = givenOrder
    var used = frames[block].flags
    zones[zone].free &+= 1 &<< order
    while order < Order.count &- 1 {
      let half: UInt32 = 1 &<< UInt32(truncatingIfNeeded: order)
      let buddy = PageFrameNumber(rawValue: block.rawValue ^ half)
      guard frames[buddy].flags.contains(.buddy), Int(frames[buddy].blockOrder) == order,
        Int(frames[buddy].zoneIndex) == zone
      else { break }
      zones[zone].areas[order].remove(buddy, frames)
      if zones[zone].areas[order].isEmpty {
        zones[zone].filledAreas &= ~(1 &<< UInt32(truncatingIfNeeded: order))
      }
      used.formUnion(frames[buddy].flags.intersection(.used))
      frames[buddy].flags = []
      frames[block].flags = []
      block.rawValue &= ~half
      order &+= 1
    }
    markFree(block, zone, order, used)
  }
}
