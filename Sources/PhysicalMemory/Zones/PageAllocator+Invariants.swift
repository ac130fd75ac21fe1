// SPDX-License-Identifier: MIT

// What holds of frames and zones between any two calls.
//
// - Every frame of RAM is in exactly one place: in a fresh extent, in a free block, in a per-CPU cache,
//   or in an allocated block.
// - Counters equal what the lists hold.
// - No two free buddies of one order below the largest stand side by side in one zone.
// - min ≤ low ≤ high in every zone.

internal import Pages

extension PageAllocator {
  /// Checks frames and zones.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  func checkInvariants() -> [String] {
    var broken: [String] = []
    for zone in 0..<zones.count { check(zone, &broken) }
    for (zone, part) in layout.zoneParts { checkFrames(zone, part, &broken) }
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
}
