// SPDX-License-Identifier: MIT

// Taking frames back from those who have them.
//
//     priority 12, 11, … 0: look at 1/2^priority of each list, the last frames first
//
//     the frame is            then
//     locked, or used twice   stays; used: becomes active
//     being written           stays
//     dirty                   is written, and stays till that is done
//     anonymous, no slot      gets a slot, leaves all page tables, is written
//     clean, nobody maps it   is freed
//
// Requests without `io` start no writes; those without `fs` none to files.
//
// Anonymous pages and files are looked at in the ratio of their numbers, weighted by swappiness: 60 to
// 140. Without room in swap, anonymous pages are left alone.
//
// Source: shrink_lruvec(), shrink_active_list(), shrink_folio_list() of mm/vmscan.c, Linux 6.12;
// without generations, memory cgroups and the refault distance.

/// How to look.
struct Scan {
  /// 1/2^priority of each list is looked at.
  var priority: Int
  /// Frames of higher zones don't help.
  var highest: Int
  var flags: GFPFlags
  var byKswapd: Bool
}

extension Machine {
  /// What a request frees at a time (SWAP_CLUSTER_MAX).
  static let cluster = 32
  /// How much rather anonymous pages go than files (vm.swappiness), of 200.
  static let swappiness = 60

  /// Reclaims on behalf of a request.
  ///
  /// - Returns: the frames that became free.
  mutating func reclaimDirectly(_ request: PageAllocator.Request) -> Int {
    pages.events.stalls += 1
    let before = pages.context
    pages.context.freesMemory = true
    defer { pages.context = before }
    var freed = 0
    for priority in stride(from: 12, through: 0, by: -1) {
      let scan = Scan(
        priority: priority, highest: request.flags.highestZone.rawValue, flags: request.flags,
        byKswapd: false)
      for node in 0..<nodeCount {
        if request.flags.contains(.thisNode), node != request.node { continue }
        freed += shrink(node, scan)
      }
      freed += runShrinkers(priority: priority, flags: request.flags)
      if freed >= Self.cluster { break }
    }
    if freed > 0 {
      for node in 0..<nodeCount { reclaim.nodes[node].kswapd.failures = 0 }
    }
    return freed
  }

  /// Looks at a node's lists.
  ///
  /// - Returns: the frames that became free.
  mutating func shrink(_ node: Int, _ scan: Scan) -> Int {
    var freed = 0
    for (inactive, active) in [
      (ReclaimList.inactiveFile, ReclaimList.activeFile), (.inactiveAnonymous, .activeAnonymous),
    ] {
      let isAnonymous = inactive == .inactiveAnonymous
      if isAnonymous, !reclaim.swapHasRoom,
        pages.count(.swapCached, of: node) == 0
      {
        continue
      }
      let inactiveCount = reclaim.nodes[node].lists[inactive.rawValue].count
      let activeCount = reclaim.nodes[node].lists[active.rawValue].count
      if inactiveCount * inactiveRatio(inactiveCount + activeCount) < activeCount {
        age(node, active, share(activeCount, scan, isAnonymous))
      }
      let count = reclaim.nodes[node].lists[inactive.rawValue].count
      freed += shrinkInactive(node, inactive, share(count, scan, isAnonymous), scan)
    }
    return freed
  }

  /// How many times the inactive list the active one may be: √(10 × GiB), 1 at least.
  private func inactiveRatio(_ frames: Int) -> Int {
    let gibibytes = frames >> (30 - PageFrameNumber.shift)
    return gibibytes > 0 ? Int(Double(10 * gibibytes).squareRoot()) : 1
  }

  /// How many frames of a list to look at.
  private func share(_ count: Int, _ scan: Scan, _ isAnonymous: Bool) -> Int {
    if scan.priority == 0 { return count }
    let part = count >> scan.priority
    let weight = isAnonymous ? Self.swappiness : 200 - Self.swappiness
    return min(count, max(part * weight / 100, part > 0 ? 1 : 0))
  }

  /// Moves frames from the end of an active list to the inactive one.
  private mutating func age(_ node: Int, _ list: ReclaimList, _ count: Int) {
    for _ in 0..<max(count, min(Self.cluster, reclaim.nodes[node].lists[list.rawValue].count)) {
      guard let frame = reclaim.nodes[node].lists[list.rawValue].last else { return }
      unlink(frame)
      frames[frame].flags.remove(.active)
      link(frame, first: true)
      pages.events.deactivated += 1
    }
  }

  /// Looks at the last frames of an inactive list.
  private mutating func shrinkInactive(
    _ node: Int, _ list: ReclaimList, _ count: Int, _ scan: Scan
  ) -> Int {
    var freed = 0
    var writing = 0
    // A list full of pages that are being written is not walked to its end: time must pass first.
    for _ in 0..<count where writing < Self.cluster {
      guard let frame = reclaim.nodes[node].lists[list.rawValue].last else { break }
      if scan.byKswapd { pages.events.kswapdScanned += 1 } else { pages.events.directScanned += 1 }
      zones[Int(frames[frame].zoneIndex)].scanned += 1
      switch look(at: frame, scan) {
      case .freed:
        freed += 1
      case .keep:
        if frames[frame].flags.contains(.writeBack) { writing += 1 }
        unlink(frame)
        link(frame, first: true)
      case .activate:
        unlink(frame)
        frames[frame].flags.formUnion(.active)
        link(frame, first: true)
        pages.events.activated += 1
      }
    }
    if scan.byKswapd {
      pages.events.kswapdReclaimed += freed
    } else {
      pages.events.directReclaimed += freed
    }
    return freed
  }

  private enum Verdict {
    case freed
    case keep
    case activate
  }

  /// Decides about a frame, and frees it where that can be done at once.
  private mutating func look(at frame: PageFrameNumber, _ scan: Scan) -> Verdict {
    let flags = frames[frame].flags
    if Int(frames[frame].zoneIndex) & 3 > scan.highest { return .keep }
    if !flags.isDisjoint(with: [.locked, .writeBack, .unevictable]) { return .keep }
    if frames[frame].referenceCount > 1 { return .keep }
    if frames[frame].mapCount > 0 {
      guard let pageTables = reclaim.pageTables else { return .keep }
      if pageTables.testAndClearReferenced(&self, frame) { return .activate }
    }
    let wasReferenced = flags.contains(.referenced)
    frames[frame].flags.remove(.referenced)
    return flags.contains(.swapBacked)
      ? lookAtAnonymous(frame, scan) : lookAtFile(frame, scan, wasReferenced: wasReferenced)
  }

  private mutating func lookAtAnonymous(_ frame: PageFrameNumber, _ scan: Scan) -> Verdict {
    if frames[frame].mapCount > 0 || !frames[frame].flags.contains(.swapCache) {
      guard scan.flags.contains(.io), let pageTables = reclaim.pageTables, giveSlot(frame) else {
        return .keep
      }
      let slot = SwapSlot(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData))
      guard pageTables.unmap(&self, frame, slot) else {
        if reclaim.swap.records[Int(slot.rawValue)].users == 0 { dropSwapCache(frame) }
        return .keep
      }
      // The page is written whatever the slot held: a write may have come since it was read.
      frames[frame].flags.formUnion(.dirty)
    }
    if frames[frame].flags.contains(.dirty) {
      // Where the host refuses, it stays dirty, thus in memory, and is tried again when next looked at.
      if scan.flags.contains(.io) { try? startWrite(frame) }
      return .keep
    }
    freeAnonymous(frame)
    return .freed
  }

  /// Has a frame be the cache of a slot.
  private mutating func giveSlot(_ frame: PageFrameNumber) -> Bool {
    if frames[frame].flags.contains(.swapCache) { return true }
    guard let slot = reclaim.swap.allocate() else { return false }
    reclaim.swap.records[Int(slot.rawValue)].framePlusOne = frame.rawValue + 1
    frames[frame].flags.formUnion(.swapCache)
    frames[frame].privateData = UInt64(slot.rawValue)
    pages.add(1, to: .swapCached, of: frame)
    return true
  }

  private mutating func lookAtFile(
    _ frame: PageFrameNumber, _ scan: Scan, wasReferenced: Bool
  ) -> Verdict {
    if frames[frame].flags.contains(.dirty) {
      if wasReferenced { return .keep }
      // Where the host refuses, it stays dirty, and is tried again when next looked at.
      if scan.flags.isSuperset(of: [.io, .fs]) { try? startWrite(frame) }
      return .keep
    }
    if frames[frame].mapCount > 0 {
      guard let pageTables = reclaim.pageTables, pageTables.unmap(&self, frame, nil) else {
        return .keep
      }
    }
    guard frames[frame].owner.kind == .file else { return .keep }
    dropCached(frame)
    return .freed
  }
}
