// SPDX-License-Identifier: MIT

// Allocating a block at a given place, and putting a machine into the state of a real one.
//
//     order 2 │     free      │          take frame 5 of order 0:
//     order 1 │ free  │   5   │          halves that do not hold it go to their lists
//     order 0 │ free  │ f │ 5 │
//
// Frames in use by the real kernel are allocated one by one (split_page): how they were requested is
// unknown, and what was allocated together may be freed in pieces.
//
// Source: take_page_off_buddy() and break_down_buddy_pages() of mm/page_alloc.c, Linux 6.12.

extension PageAllocator {
  /// Gives a zone of node 0 the marks of a real one.
  package mutating func setMarks(
    of type: ZoneType, min: Int, low: Int, high: Int, protection: [Int], perCPUBatch: Int,
    perCPUHigh: Int
  ) {
    let number = type.rawValue
    zones[number].watermarks = Watermarks(min: min, low: low, high: high)
    for highest in 0..<Swift.min(ZoneType.count, protection.count) {
      zones[number].lowmemReserve[highest] = protection[highest]
    }
    zones[number].perCPUBatch = Int32(clamping: perCPUBatch)
    zones[number].perCPUHigh = Int32(clamping: perCPUHigh)
  }

  /// Allocates every frame, one by one.
  package mutating func takeAll() {
    for zone in 0..<zones.count {
      for order in stride(from: Order.count - 1, through: 0, by: -1) {
        while let block = takeBlock(zone, order) { settle(block, zone, count: 1 << order) }
      }
    }
  }

  /// Marks frames as allocated, one by one.
  package mutating func settle(_ block: PageFrameNumber, _ zone: Int, count: Int) {
    for offset in 0..<UInt32(count) {
      let frame = PageFrameNumber(rawValue: block.rawValue + offset)
      frames[frame].flags = [.allocated, .used]
      frames[frame].blockOrder = 0
      frames[frame].zoneIndex = UInt16(truncatingIfNeeded: zone)
      frames[frame].referenceCount = 1
    }
  }

  /// Frees a block of frames that were allocated one by one.
  ///
  /// - Parameter caching: whether the current processor's cache takes it.
  package mutating func giveSettled(_ block: PageFrameNumber, order: Int, caching: Bool) {
    for offset in 0..<UInt32(1 << order) {
      let frame = PageFrameNumber(rawValue: block.rawValue + offset)
      frames[frame].flags = offset == 0 ? .used : []
      frames[frame].referenceCount = 0
    }
    let zone = Int(frames[block].zoneIndex)
    if caching {
      giveCached(block, zone, cold: false)
    } else {
      giveBlock(block, zone, order)
    }
  }

  /// Whether a frame is RAM that is allocated.
  package func isTaken(_ frame: PageFrameNumber) -> Bool {
    frame.index < spannedFrames && frames[frame].flags.contains(.allocated)
  }

  /// The free block that a frame is part of.
  func freeBlock(around frame: PageFrameNumber, in zone: Int) -> (PageFrameNumber, order: Int)? {
    for order in 0..<Order.count {
      let head = PageFrameNumber(rawValue: frame.rawValue & ~(1 << UInt32(order) - 1))
      let record = frames[head]
      if record.flags.contains(.buddy), Int(record.zoneIndex) == zone {
        // A free block that begins here and ends before the frame is another one.
        return Int(record.blockOrder) >= order ? (head, Int(record.blockOrder)) : nil
      }
    }
    return nil
  }

  /// Takes the block of an order at a place.
  ///
  /// - Returns: whether all of it was free; if not, nothing has changed.
  package mutating func takeBlock(_ block: PageFrameNumber, _ zone: Int, _ order: Int) -> Bool {
    guard let (head, from) = freeBlock(around: block, in: zone), from >= order else { return false }
    zones[zone].areas[from].remove(head, frames)
    zones[zone].noteFilled(from)
    zones[zone].free -= 1 << order
    let used = frames[head].flags.intersection(.used)
    frames[head].flags = used
    for smaller in stride(from: from - 1, through: order, by: -1) {
      let half = PageFrameNumber(rawValue: block.rawValue & ~(1 << UInt32(smaller) - 1))
      let other = PageFrameNumber(rawValue: half.rawValue ^ 1 << UInt32(smaller))
      zones[zone].markFree(other, zone, smaller, used, frames)
    }
    frames[block].flags = used
    return true
  }

  /// Puts an allocated frame at the cold end of the current processor's cache.
  package mutating func cacheAtBoot(_ frame: PageFrameNumber) {
    let zone = Int(frames[frame].zoneIndex)
    frames[frame].flags = [.perCPU, .used]
    frames[frame].referenceCount = 0
    perCPUPages[zone * processorCount + processorIndex].list.insert(frame, at: .last, frames)
  }

  /// Serves a request that the real kernel served: from the first zone above its low mark, else above its
  /// min mark, else with any room. What the kernel reclaimed shows in its frees.
  package mutating func serve(_ flags: GFPFlags, _ order: Int) -> PageFrameNumber? {
    let request = Request(
      order: order, flags: flags.subtracting([.zero, .compound, .cold]), node: nodeIndex)
    let highest = flags.highestZone
    for level in 0..<3 {
      var entry = zoneList(nodeIndex, highest)
      while zoneLists[entry] != Self.zoneListEnd {
        let zone = Int(zoneLists[entry])
        entry += 1
        let marks = zones[zone].watermarks
        let floor =
          [marks.low, marks.min, 0][level]
          + (level == 2 ? -(1 << order) : zones[zone].lowmemReserve[highest.rawValue])
        if hasRoom(zone, order: order, above: floor), let frame = take(zone, request) {
          return frame
        }
      }
    }
    return nil
  }

  /// The free blocks of an order that the lists of all zones have; fresh ones are in none.
  package func listedBlocks(_ order: Int) -> [PageFrameNumber] {
    (0..<zones.count).flatMap { zones[$0].areas[order].elements(frames) }
  }
}
