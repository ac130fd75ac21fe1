// SPDX-License-Identifier: MIT

// The lists from which reclaim takes, four for each node.
//
//                  used again                          used again, and looked at
//     new ──▶ inactive ─────────▶ active       active ─── aged ───▶ inactive ───▶ reclaimed
//              first … last                     first … last
//
// New frames come in at the first place, reclaim looks at the last. A frame that is used sets
// `referenced`; used once more while inactive, it goes to the active list. Where the inactive list is
// short, the active one is aged.
//
// Invariant: a frame has `lru` iff it is in one of its node's lists, and `active` iff that is an active
// one; a zone's `reclaimable` counts equal its frames in each list.
//
// Source: mm/swap.c and mm/vmscan.c, Linux 2.6.28 to 6.12 (split lists, without generations).

/// The lists for reclaim.
public enum ReclaimList: Int, Sendable, Hashable, CaseIterable {
  /// Anonymous pages that go next.
  case inactiveAnonymous
  /// Anonymous pages that were used lately.
  case activeAnonymous
  /// Files' pages that go next.
  case inactiveFile
  /// Files' pages that were used lately.
  case activeFile

  /// The list of a frame with such flags.
  @inline(__always)
  init(_ flags: PageFlags) {
    switch (flags.contains(.swapBacked), flags.contains(.active)) {
    case (true, false): self = .inactiveAnonymous
    case (true, true): self = .activeAnonymous
    case (false, false): self = .inactiveFile
    case (false, true): self = .activeFile
    }
  }
}

extension Machine {
  /// Puts a frame into the lists for reclaim (lru_cache_add).
  ///
  /// - Parameters:
  ///   - isAnonymous: no file has its contents.
  ///   - isActive: into the active list.
  /// - Throws: where it is no allocated single frame, or in a list already.
  public mutating func addToReclaim(
    _ frame: PageFrameNumber, isAnonymous: Bool, isActive: Bool = false
  ) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    let flags = frames[frame].flags
    guard flags.contains(.allocated) else { throw .notAllocated(frame) }
    guard flags.isDisjoint(with: [.lru, .head, .slab]) else {
      throw .stillInUse(frame, flags, mapCount: Int(frames[frame].mapCount))
    }
    frames[frame].flags = flags.subtracting([.swapBacked, .active])
      .union(isAnonymous ? .swapBacked : []).union(isActive ? .active : [])
    link(frame, first: true)
  }

  /// Takes a frame out of the lists; nothing happens where it is in none.
  public mutating func removeFromReclaim(_ frame: PageFrameNumber) {
    guard frame.index < spannedFrames, frames[frame].flags.contains(.lru) else { return }
    unlink(frame)
  }

  /// Says that a frame was used (mark_page_accessed): the second time, it becomes active.
  public mutating func markAccessed(_ frame: PageFrameNumber) {
    guard frame.index < spannedFrames else { return }
    let flags = frames[frame].flags
    if flags.contains(.lru), !flags.contains(.active), flags.contains(.referenced) {
      unlink(frame)
      frames[frame].flags.remove(.referenced)
      frames[frame].flags.formUnion(.active)
      link(frame, first: true)
      pages.events.activated += 1
    } else {
      frames[frame].flags.formUnion(.referenced)
    }
  }

  mutating func link(_ frame: PageFrameNumber, first: Bool) {
    let list = ReclaimList(frames[frame].flags).rawValue
    let zone = Int(frames[frame].zoneIndex)
    frames[frame].flags.formUnion(.lru)
    if first {
      reclaim.nodes[zone >> 2].lists[list].insert(frame, at: .first, frames)
    } else {
      reclaim.nodes[zone >> 2].lists[list].insert(frame, at: .last, frames)
    }
    zones[zone].reclaimable[list] += 1
  }

  mutating func unlink(_ frame: PageFrameNumber) {
    let list = ReclaimList(frames[frame].flags).rawValue
    let zone = Int(frames[frame].zoneIndex)
    reclaim.nodes[zone >> 2].lists[list].remove(frame, frames)
    zones[zone].reclaimable[list] -= 1
    frames[frame].flags.remove(.lru)
  }

  /// The frames of a node's list.
  public func count(_ list: ReclaimList, of node: NodeNumber) throws(MachineError) -> Int {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    return reclaim.nodes[node.rawValue].lists[list.rawValue].count
  }

  /// The frames of all nodes' lists of a kind.
  public func count(_ list: ReclaimList) -> Int {
    (0..<nodeCount).reduce(0) { $0 + reclaim.nodes[$1].lists[list.rawValue].count }
  }
}
