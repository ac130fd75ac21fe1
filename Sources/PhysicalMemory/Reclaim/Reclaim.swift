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
// Reclaim needs no frames. It takes them from ``SwapAndCache`` and ``AddressSpaces``, a node at a time;
// ``Machine`` says when, and asks shrinkers besides (Machine/Machine+Reclaim.swift).
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

/// Each node's reclaim thread, and how frames are taken back.
struct Reclaim: ~Copyable {
  /// What a request frees at a time (SWAP_CLUSTER_MAX).
  static let cluster = 32
  /// How much rather anonymous pages go than files (vm.swappiness), of 200.
  static let swappiness = 60
  /// Rounds without progress (MAX_RECLAIM_RETRIES).
  static let mostRetries = 16

  /// The threads, by node.
  var threads: [Kswapd]
  private let stays = StaysInPlace()

  init(nodes: Int) {
    threads = Array(repeating: Kswapd(), count: nodes)
  }

  /// Looks at a node's lists.
  ///
  /// - Returns: the frames that became free.
  func shrink(
    _ node: Int, _ scan: Scan, _ pages: inout PageAllocator, _ store: inout SwapAndCache,
    _ spaces: inout AddressSpaces
  ) -> Int {
    var freed = 0
    for (inactive, active) in [
      (ReclaimList.inactiveFile, ReclaimList.activeFile), (.inactiveAnonymous, .activeAnonymous),
    ] {
      let isAnonymous = inactive == .inactiveAnonymous
      if isAnonymous, !store.swapHasRoom, pages.count(.swapCached, of: node) == 0 { continue }
      let inactiveCount = store.count(inactive, of: node)
      let activeCount = store.count(active, of: node)
      if inactiveCount * inactiveRatio(inactiveCount + activeCount) < activeCount {
        age(node, active, share(activeCount, scan, isAnonymous), &pages, store)
      }
      let count = share(store.count(inactive, of: node), scan, isAnonymous)
      freed += shrinkInactive(node, inactive, count, scan, &pages, &store, &spaces)
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
  private func age(
    _ node: Int, _ list: ReclaimList, _ count: Int, _ pages: inout PageAllocator,
    _ store: borrowing SwapAndCache
  ) {
    for _ in 0..<max(count, min(Self.cluster, store.count(list, of: node))) {
      guard let frame = store.lists[node][list].last else { return }
      store.deactivate(frame, &pages)
    }
  }

  /// Looks at the last frames of an inactive list.
  private func shrinkInactive(
    _ node: Int, _ list: ReclaimList, _ count: Int, _ scan: Scan, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache, _ spaces: inout AddressSpaces
  ) -> Int {
    var freed = 0
    var writing = 0
    // A list full of pages that are being written is not walked to its end: time must pass first.
    for _ in 0..<count where writing < Self.cluster {
      guard let frame = store.lists[node][list].last else { break }
      if scan.byKswapd { pages.events.kswapdScanned += 1 } else { pages.events.directScanned += 1 }
      pages.zones[Int(pages.frames[frame].zoneIndex)].scanned += 1
      switch look(at: frame, scan, &pages, &store, &spaces) {
      case .freed:
        freed += 1
      case .keep:
        if pages.frames[frame].flags.contains(.writeBack) { writing += 1 }
        store.move(frame, to: .first, pages)
      case .activate:
        store.activate(frame, &pages)
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
  private func look(
    at frame: PageFrameNumber, _ scan: Scan, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache, _ spaces: inout AddressSpaces
  ) -> Verdict {
    let record = pages.frames[frame]
    if Int(record.zoneIndex) & 3 > scan.highest { return .keep }
    if !record.flags.isDisjoint(with: [.locked, .writeBack, .unevictable]) { return .keep }
    if record.referenceCount > 1 { return .keep }
    if record.mapCount > 0, spaces.testAndClearReferenced(frame, pages) { return .activate }
    pages.frames[frame].flags.remove(.referenced)
    if record.flags.contains(.swapBacked) {
      return lookAtAnonymous(frame, scan, &pages, &store, &spaces)
    }
    return lookAtFile(
      frame, scan, wasReferenced: record.flags.contains(.referenced), &pages, &store)
  }

  private func lookAtAnonymous(
    _ frame: PageFrameNumber, _ scan: Scan, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache, _ spaces: inout AddressSpaces
  ) -> Verdict {
    if pages.frames[frame].mapCount > 0 || !pages.frames[frame].flags.contains(.swapCache) {
      guard scan.flags.contains(.io), let slot = store.giveSlot(frame, pages) else { return .keep }
      guard spaces.unmap(frame, leaving: slot, pages, store) else {
        if (try? store.swap.users(of: slot)) == 0 { store.dropSwapCache(frame, pages) }
        return .keep
      }
      // The page is written whatever the slot held: a write may have come since it was read.
      pages.frames[frame].flags.formUnion(.dirty)
    }
    if pages.frames[frame].flags.contains(.dirty) {
      // Where the host refuses, it stays dirty, thus in memory, and is tried again when next looked at.
      if scan.flags.contains(.io) { try? store.startWrite(frame, &pages) }
      return .keep
    }
    store.freeAnonymous(frame, &pages)
    return .freed
  }

  private func lookAtFile(
    _ frame: PageFrameNumber, _ scan: Scan, wasReferenced: Bool, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache
  ) -> Verdict {
    if pages.frames[frame].flags.contains(.dirty) {
      // Where the host refuses, it stays dirty, and is tried again when next looked at.
      if !wasReferenced, scan.flags.isSuperset(of: [.io, .fs]) {
        try? store.startWrite(frame, &pages)
      }
      return .keep
    }
    // Page tables of this machine map no files.
    guard pages.frames[frame].mapCount == 0, pages.frames[frame].owner.kind == .file else {
      return .keep
    }
    store.dropCached(frame, &pages)
    return .freed
  }
}
