// SPDX-License-Identifier: MIT

// Handing RAM to the buddy systems at boot.
//
//     stretch of RAM in a zone    │ lead │ whole blocks of 1,024 … │ rest │
//                                   ▼       ▼                        ▼
//                                 freed   one fresh extent         freed
//
// Only lead and rest have their records written: at most 20 of each stretch.

internal import Pages

extension MachineLayout {
  /// The stretches of RAM, cut where zones end, by zone.
  ///
  /// - Precondition: the plan was checked.
  package var zoneParts: [(zone: Int, frames: Swift.Range<Int>)] {
    var parts: [(zone: Int, frames: Swift.Range<Int>)] = []
    for range in ranges {
      let start = Int(range.start.rawValue) >> PageFrameNumber.shift
      let end = start + range.size.rawValue >> PageFrameNumber.shift
      var lower = 0
      for (type, limit) in zoneLimits {
        let first = max(start, lower)
        let part = first..<max(first, min(end, limit))
        lower = limit
        if !part.isEmpty { parts.append((ZoneNumber(type, of: range.node).rawValue, part)) }
      }
    }
    return parts
  }
}

extension PageAllocator {
  /// Finds every zone's frames and gives them to its buddy system.
  mutating func layOutZones() {
    var extents: [(zone: Int, extent: FrameExtent)] = []
    var pieces: [(zone: Int, start: Int, end: Int)] = []
    for number in 0..<zones.count {
      zones[number].typeNumber = UInt8(number % ZoneType.count)
      zones[number].nodeNumber = UInt16(number / ZoneType.count)
    }
    for (number, part) in layout.zoneParts {
      addRAM(part, to: number)
      let block = Order.largest.frameCount
      let first = min((part.lowerBound + block - 1) / block * block, part.upperBound)
      let last = max(part.upperBound / block * block, first)
      pieces.append((number, part.lowerBound, first))
      pieces.append((number, last, part.upperBound))
      if first < last {
        let extent = FrameExtent(
          start: PageFrameNumber(index: first), end: PageFrameNumber(index: last))
        extents.append((number, extent))
      }
    }
    layOutExtents(extents)
    for piece in pieces { freeAtBoot(piece.start, piece.end, piece.zone) }
  }

  private mutating func addRAM(_ part: Range<Int>, to number: Int) {
    if zones[number].present == 0 { zones[number].start = PageFrameNumber(index: part.lowerBound) }
    zones[number].end = PageFrameNumber(index: part.upperBound)
    zones[number].present += part.count
    zones[number].managed += part.count
  }

  private mutating func layOutExtents(_ extents: [(zone: Int, extent: FrameExtent)]) {
    var index = 0
    for number in 0..<zones.count {
      zones[number].freshExtent = Int32(index)
      for (zone, extent) in extents where zone == number {
        freshExtents[index] = extent
        let count = extent.end.index - extent.start.index
        zones[number].freshBlocks += count / Order.largest.frameCount
        zones[number].free += count
        index += 1
      }
      zones[number].freshExtentEnd = Int32(index)
    }
  }

  /// Frees frames in the largest blocks that fit.
  private mutating func freeAtBoot(_ start: Int, _ end: Int, _ zone: Int) {
    var frame = start
    while frame < end {
      var order = min(frame.trailingZeroBitCount, Order.count - 1)
      while frame + 1 << order > end { order -= 1 }
      giveBlock(PageFrameNumber(index: frame), zone, order)
      frame += 1 << order
    }
  }
}
