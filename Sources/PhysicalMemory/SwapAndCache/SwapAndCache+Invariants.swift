// SPDX-License-Identifier: MIT

// What holds of swap, the page cache and the lists for reclaim between any two calls.
//
// - Reclaim's lists hold allocated frames only, each once, and zones count them.
// - A slot is free or used; a used one that has a cache is known to that frame.
// - The page cache agrees with the records of its frames.
// - Frames that are being written are in the queue, once.

extension SwapAndCache {
  /// Checks lists, swap and cache against frames and zones.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  func checkInvariants(_ pages: borrowing PageAllocator) -> [String] {
    var broken: [String] = []
    for node in 0..<lists.count { checkLists(node, pages, &broken) }
    checkSwap(pages, &broken)
    checkCache(pages, &broken)
    return broken
  }

  private func checkLists(
    _ node: Int, _ pages: borrowing PageAllocator, _ broken: inout [String]
  ) {
    var counts = [[Int]](repeating: [0, 0, 0, 0], count: ZoneType.count)
    for list in ReclaimList.allCases {
      let elements = lists[node][list].elements(pages.frames)
      if elements.count != lists[node][list].count {
        broken.append("node \(node): \(list) has \(elements.count)")
      }
      for frame in elements {
        let record = pages.frames[frame]
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
      where pages.zones[node * ZoneType.count + type].reclaimable[list] != counts[type][list] {
        broken.append("node \(node): zone \(type) counts its reclaimable frames wrongly")
      }
    }
  }

  private func checkSwap(_ pages: borrowing PageAllocator, _ broken: inout [String]) {
    let used = swap.used
    if used.count + swap.freeSlots != swap.slots {
      broken.append("swap: \(used.count) used, \(swap.freeSlots) free")
    }
    for slot in used {
      guard let cache = swap.cache(of: slot) else { continue }
      let record = pages.frames[cache]
      if !record.flags.isSuperset(of: [.swapCache, .allocated])
        || record.privateData != UInt64(slot.rawValue)
      {
        broken.append("swap slot \(slot.rawValue): frame \(cache) is not its cache")
      }
    }
  }

  private func checkCache(_ pages: borrowing PageAllocator, _ broken: inout [String]) {
    for (key, frame) in cache.frames {
      let record = pages.frames[frame]
      if !record.flags.contains(.allocated)
        || record.owner != FrameOwner(.file, number: UInt64(key.file))
        || record.index != UInt64(key.index)
      {
        broken.append("frame \(frame): not page \(key.index) of file \(key.file)")
      }
    }
    if pages.count(.filePages) != cache.frames.count {
      broken.append("\(pages.count(.filePages)) file pages counted, \(cache.frames.count) cached")
    }
    let frames = pages.frames
    if Set(writes.pending).count != writes.count || pages.count(.writeBack) != writes.count
      || !writes.pending.allSatisfy({ frames[$0].flags.contains(.writeBack) })
    {
      broken.append("\(writes.count) pages in the queue, \(pages.count(.writeBack)) being written")
    }
  }
}
