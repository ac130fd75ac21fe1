// SPDX-License-Identifier: MIT

// What holds of a whole machine between any two calls.
//
// - Every frame of RAM is in exactly one place: in a fresh extent, in a free block, in a per-CPU cache,
//   or in an allocated block.
// - Counters equal what the lists hold.
// - No two free buddies of one order below the largest stand side by side in one zone.
// - min ≤ low ≤ high in every zone.
// - Reclaim's lists hold allocated frames only, each once; windows, swap slots and the page cache agree
//   with the records.

internal import Pages

extension Machine {
  /// Checks the whole machine.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  /// - Complexity: O(frames that were ever handed out and those beside them).
  public func checkInvariants() -> [String] {
    var broken: [String] = []
    for zone in 0..<zones.count { check(zone, &broken) }
    for (zone, part) in layout.zoneParts { checkFrames(zone, part, &broken) }
    for node in 0..<nodes.count { checkReclaimLists(node, &broken) }
    checkWindows(&broken)
    checkSwap(&broken)
    checkPageCache(&broken)
    checkSlabs(&broken)
    checkVirtualAreas(&broken)
    checkMemoryPools(&broken)
    checkProcesses(&broken)
    return broken
  }

  /// Counters, lists and marks of a zone.
  private func check(_ zone: Int, _ broken: inout [String]) {
    let record = zones[zone]
    let name = "node \(record.node) zone \(record.type)"
    let marks = record.watermarks
    if marks.min > marks.low || marks.low > marks.high || marks.min < 0 {
      broken.append("\(name): watermarks \(marks.min), \(marks.low), \(marks.high)")
    }
    var free = record.freshBlocks * Order.largest.frameCount
    for order in 0..<Order.count {
      let blocks = record.areas[order].elements(frames)
      if blocks.count != record.areas[order].count {
        broken.append(
          "\(name): area \(order) has \(blocks.count), says \(record.areas[order].count)")
      }
      if blocks.isEmpty != (record.filledAreas & 1 << UInt32(order) == 0) {
        broken.append("\(name): area \(order) has \(blocks.count), its bit says otherwise")
      }
      free += blocks.count << order
      for block in blocks { checkFree(block, order, zone, &broken) }
    }
    if free != record.free { broken.append("\(name): \(free) free, says \(record.free)") }
    if record.free > record.managed || record.managed > record.present
      || record.present > record.end.index - record.start.index
    {
      broken.append(
        "\(name): free \(record.free), managed \(record.managed), present \(record.present)")
    }
    var fresh = 0
    for extent in Int(record.freshExtent)..<Int(record.freshExtentEnd) {
      fresh += freshExtents[extent].end.index - freshExtents[extent].start.index
    }
    if fresh != record.freshBlocks * Order.largest.frameCount {
      broken.append("\(name): \(fresh) fresh frames, says \(record.freshBlocks) blocks")
    }
    for cpu in 0..<processorCount {
      let cache = perCPUPages[zone * processorCount + cpu]
      let cached = cache.list.elements(frames)
      if cached.count != cache.count || cache.count > Int(record.perCPUHigh) {
        broken.append("\(name): processor \(cpu) caches \(cached.count), says \(cache.count)")
      }
      for frame in cached
      where !frames[frame].flags.contains(.perCPU) || Int(frames[frame].zoneIndex) != zone {
        broken.append("frame \(frame): cached, but \(frames[frame].flags)")
      }
    }
  }

  /// A block in the list of its order.
  private func checkFree(
    _ block: PageFrameNumber, _ order: Int, _ zone: Int, _ broken: inout [String]
  ) {
    let record = frames[block]
    if !record.flags.contains(.buddy) || Int(record.blockOrder) != order
      || Int(record.zoneIndex) != zone || record.referenceCount != 0
      || block.index & (1 << order - 1) != 0
    {
      broken.append(
        "frame \(block): in area \(order) of zone \(zone), but \(record.flags), order \(record.blockOrder), zone \(record.zoneIndex)"
      )
    }
    guard order < Order.largest.rawValue else { return }
    let buddy = frames[PageFrameNumber(index: block.index ^ 1 << order)]
    if buddy.flags.contains(.buddy), Int(buddy.blockOrder) == order, Int(buddy.zoneIndex) == zone {
      broken.append("frame \(block): it and its buddy of order \(order) are both free")
    }
  }

  /// Every frame of a stretch is in one place.
  private func checkFrames(_ zone: Int, _ part: Range<Int>, _ broken: inout [String]) {
    let fresh = (Int(zones[zone].freshExtent)..<Int(zones[zone].freshExtentEnd))
      .map { freshExtents[$0] }.filter { $0.start < $0.end }
    var cached = 0
    var free = 0
    var allocated = 0
    var frame = part.lowerBound
    while frame < part.upperBound {
      if let extent = fresh.first(where: { $0.start.index == frame }) {
        free += extent.end.index - frame
        frame = extent.end.index
        continue
      }
      let record = frames[PageFrameNumber(index: frame)]
      let states: [PageFlags] = [.buddy, .perCPU, .allocated]
      guard states.count(where: { record.flags.contains($0) }) == 1 else {
        broken.append("frame \(frame): in no place or several: \(record.flags)")
        frame += 1
        continue
      }
      if (record.referenceCount > 0) != record.flags.contains(.allocated) {
        broken.append("frame \(frame): \(record.flags), \(record.referenceCount) references")
      }
      let count = record.flags.contains(.perCPU) ? 1 : 1 << Int(record.blockOrder)
      if record.flags.contains(.perCPU) {
        cached += 1
      } else if record.flags.contains(.buddy) {
        free += count
      } else {
        allocated += count
      }
      if Int(record.zoneIndex) != zone {
        broken.append("frame \(frame): zone \(record.zoneIndex), not \(zone)")
      }
      frame += count
    }
    if frame != part.upperBound {
      broken.append("frame \(frame): a block goes beyond the end of its zone")
    }
    if cached + free + allocated != part.count {
      broken.append(
        "frames \(part): \(cached) cached, \(free) free and \(allocated) allocated")
    }
  }

  private func checkReclaimLists(_ node: Int, _ broken: inout [String]) {
    var counts = [[Int]](repeating: [0, 0, 0, 0], count: ZoneType.count)
    for list in ReclaimList.allCases {
      let elements = nodes[node].lists[list.rawValue].elements(frames)
      if elements.count != nodes[node].lists[list.rawValue].count {
        broken.append("node \(node): \(list) has \(elements.count)")
      }
      for frame in elements {
        let record = frames[frame]
        if !record.flags.isSuperset(of: [.lru, .allocated]) || ReclaimList(record.flags) != list
          || Int(record.zoneIndex) >> 2 != node
        {
          broken.append("frame \(frame): in \(list) of node \(node), but \(record.flags)")
        } else {
          counts[Int(record.zoneIndex) & 3][list.rawValue] += 1
        }
      }
    }
    for type in 0..<ZoneType.count {
      for list in 0..<4
      where zones[node * ZoneType.count + type].reclaimable[list] != counts[type][list] {
        broken.append("node \(node): zone \(type) counts its reclaimable frames wrongly")
      }
    }
  }

  private func checkWindows(_ broken: inout [String]) {
    for window in windows.windows.indices {
      let state = windows.windows[window]
      if let frame = state.frame {
        if frames[frame].windowAddress != windows.address(window).rawValue {
          broken.append("window \(window): frame \(frame) does not know it")
        }
      } else if state.users != 0 {
        broken.append("window \(window): shows nothing, to \(state.users)")
      }
    }
  }

  private func checkSwap(_ broken: inout [String]) {
    let used = reclaim.swap.used
    if used.count + reclaim.swap.freeSlots != reclaim.swap.slots {
      broken.append("swap: \(used.count) used, \(reclaim.swap.freeSlots) free")
    }
    for slot in used {
      let cache = reclaim.swap.records[Int(slot.rawValue)].framePlusOne
      guard cache > 0 else { continue }
      let record = frames[PageFrameNumber(rawValue: cache - 1)]
      if !record.flags.isSuperset(of: [.swapCache, .allocated])
        || record.privateData != UInt64(slot.rawValue)
      {
        broken.append("swap slot \(slot.rawValue): frame \(cache - 1) is not its cache")
      }
    }
  }

  private func checkPageCache(_ broken: inout [String]) {
    for (key, frame) in reclaim.pageCache.frames {
      let record = frames[frame]
      if !record.flags.contains(.allocated)
        || record.owner != FrameOwner(.file, number: UInt64(key.file))
        || record.index != UInt64(key.index)
      {
        broken.append("frame \(frame): not page \(key.index) of file \(key.file)")
      }
    }
    if count(.filePages) != reclaim.pageCache.frames.count {
      broken.append(
        "\(count(.filePages)) file pages counted, \(reclaim.pageCache.frames.count) cached")
    }
    let pending = reclaim.writeBack.frames[reclaim.writeBack.first...]
    if Set(pending).count != pending.count || count(.writeBack) != pending.count
      || !pending.allSatisfy({ frames[$0].flags.contains(.writeBack) })
    {
      broken.append("\(pending.count) pages in the queue, \(count(.writeBack)) being written")
    }
  }
}
