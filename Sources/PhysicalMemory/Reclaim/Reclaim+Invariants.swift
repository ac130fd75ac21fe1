// SPDX-License-Identifier: MIT

// What holds of reclaim, swap and the page cache between any two calls.
//
// - Reclaim's lists hold allocated frames only, each once, and zones count them.
// - A slot is free or used; a used one that has a cache is known to that frame.
// - The page cache agrees with the records of its frames.

extension Machine {
  func checkReclaimLists(_ node: Int, _ broken: inout [String]) {
    var counts = [[Int]](repeating: [0, 0, 0, 0], count: ZoneType.count)
    for list in ReclaimList.allCases {
      let elements = reclaim.nodes[node].lists[list.rawValue].elements(frames)
      if elements.count != reclaim.nodes[node].lists[list.rawValue].count {
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

  func checkSwap(_ broken: inout [String]) {
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

  func checkPageCache(_ broken: inout [String]) {
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
