// SPDX-License-Identifier: MIT

// Where a frame is: free, alone or in a block; cached by a processor; or allocated.
//
// The record of a block's first frame describes the whole block, free or allocated. To find the block of a
// frame, the frames that could begin it are checked, one per order.

/// Where a frame is.
package enum FramePlace: Hashable {
  case hole
  case fresh
  case free(head: PageFrameNumber, order: Int)
  case cached(processor: Int)
  case allocated(head: PageFrameNumber, order: Int)
}

extension PageAllocator {
  /// Where a frame is.
  ///
  /// - Complexity: O(orders); frames in per-CPU caches O(processors × frames there).
  package func framePlace(of frame: PageFrameNumber) -> FramePlace {
    guard let zone = zoneIndex(of: frame) else { return .hole }
    for order in 0..<Order.count {
      let head = PageFrameNumber(index: (frame.index >> order) << order)
      let record = frames[head]
      guard Int(record.blockOrder) >= order else { continue }
      if record.flags.contains(.buddy) {
        return .free(head: head, order: Int(record.blockOrder))
      }
      if record.flags.contains(.allocated) {
        return .allocated(head: head, order: Int(record.blockOrder))
      }
    }
    if frames[frame].flags.contains(.perCPU) {
      for cpu in 0..<processorCount {
        let list = perCPUPages[zone * processorCount + cpu].list
        if list.elements(frames).contains(frame) { return .cached(processor: cpu) }
      }
    }
    return .fresh
  }

  /// The frames that a processor caches of a zone.
  package func cachedFrames(_ zone: Int, _ processor: Int) -> Int {
    perCPUPages[zone * processorCount + processor].count
  }

  /// The end of the stretch of fresh blocks that a frame lies in, if it does.
  package func freshEnd(of index: Int, zone: Int) -> Int? {
    var extent = Int(zones[zone].freshExtent)
    while extent < Int(zones[zone].freshExtentEnd) {
      let found = freshExtents[extent]
      if found.start.index <= index, index < found.end.index { return found.end.index }
      extent += 1
    }
    return nil
  }
}
