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

/// Frames of a node that reclaim may take, by ``ReclaimList``.
struct ReclaimLists: BitwiseCopyable {
  private var lists: InlineArray<4, FrameList>

  subscript(list: ReclaimList) -> FrameList {
    @inline(__always) get { lists[list.rawValue] }
    @inline(__always) _modify { yield &lists[list.rawValue] }
  }
}

extension SwapAndCache {
  /// Puts a frame into the lists for reclaim.
  func add(
    _ frame: PageFrameNumber, isAnonymous: Bool, isActive: Bool = false,
    _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    guard frame.index < pages.spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    let flags = pages.frames[frame].flags
    guard flags.contains(.allocated) else { throw .notAllocated(frame) }
    guard flags.isDisjoint(with: [.lru, .head, .slab]) else {
      throw .stillInUse(frame, flags, mapCount: Int(pages.frames[frame].mapCount))
    }
    pages.frames[frame].flags = flags.subtracting([.swapBacked, .active])
      .union(isAnonymous ? .swapBacked : []).union(isActive ? .active : [])
    link(frame, at: .first, pages)
  }

  /// Takes a frame out of the lists; nothing happens where it is in none.
  func remove(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    guard frame.index < pages.spannedFrames, pages.frames[frame].flags.contains(.lru) else {
      return
    }
    unlink(frame, pages)
  }

  /// Says that a frame was used: the second time, it becomes active.
  func markAccessed(_ frame: PageFrameNumber, _ pages: inout PageAllocator) {
    guard frame.index < pages.spannedFrames else { return }
    let flags = pages.frames[frame].flags
    if flags.contains(.lru), !flags.contains(.active), flags.contains(.referenced) {
      pages.frames[frame].flags.remove(.referenced)
      activate(frame, &pages)
    } else {
      pages.frames[frame].flags.formUnion(.referenced)
    }
  }

  // MARK: Moving

  /// Moves a frame to the first place of the active list.
  func activate(_ frame: PageFrameNumber, _ pages: inout PageAllocator) {
    unlink(frame, pages)
    pages.frames[frame].flags.formUnion(.active)
    link(frame, at: .first, pages)
    pages.events.activated += 1
  }

  /// Moves a frame to the first place of the inactive list.
  func deactivate(_ frame: PageFrameNumber, _ pages: inout PageAllocator) {
    unlink(frame, pages)
    pages.frames[frame].flags.remove(.active)
    link(frame, at: .first, pages)
    pages.events.deactivated += 1
  }

  /// Moves a frame to an end of the list that it is in.
  func move(_ frame: PageFrameNumber, to end: FrameList.End, _ pages: borrowing PageAllocator) {
    unlink(frame, pages)
    link(frame, at: end, pages)
  }

  private func link(
    _ frame: PageFrameNumber, at end: FrameList.End, _ pages: borrowing PageAllocator
  ) {
    assert(pages.frames[frame].flags.contains(.allocated), "a free frame for reclaim")
    assert(!pages.frames[frame].flags.contains(.lru), "a frame in two lists")
    let list = ReclaimList(pages.frames[frame].flags)
    let zone = Int(pages.frames[frame].zoneIndex)
    pages.frames[frame].flags.formUnion(.lru)
    lists[zone >> 2][list].insert(frame, at: end, pages.frames)
    pages.zones[zone].reclaimable[list.rawValue] += 1
  }

  private func unlink(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    assert(pages.frames[frame].flags.contains(.lru), "a frame in no list")
    let list = ReclaimList(pages.frames[frame].flags)
    let zone = Int(pages.frames[frame].zoneIndex)
    lists[zone >> 2][list].remove(frame, pages.frames)
    pages.zones[zone].reclaimable[list.rawValue] -= 1
    pages.frames[frame].flags.remove(.lru)
  }

  // MARK: Counting

  /// The frames of a node's list.
  func count(_ list: ReclaimList, of node: Int) -> Int { lists[node][list].count }

  /// The frames of all nodes' lists of a kind.
  func count(_ list: ReclaimList) -> Int {
    (0..<lists.count).reduce(0) { $0 + count(list, of: $1) }
  }
}
