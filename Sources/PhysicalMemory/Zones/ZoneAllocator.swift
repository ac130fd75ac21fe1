// SPDX-License-Identifier: MIT

// The zone allocator: finds the zone that a request is served from.
//
//     request ─▶ each zone of the list: free − block > low + reserved for others? ─yes─▶ take
//                                │ none
//                                ▼
//                          the slow path (Machine/Machine+SlowPath.swift)
//
// Invariant: a request without any right to reserves never leaves a zone with fewer free frames than its
// *min* plus what is kept from requests of its kind; frames in per-CPU caches are taken already.
//
// Source: get_page_from_freelist(), __zone_watermark_ok() and prep_new_page() of mm/page_alloc.c,
// Linux 6.12; Gorman, chapter 6.

extension PageAllocator {
  // MARK: Allocating

  /// What was asked for.
  struct Request {
    var order: Int
    var flags: GFPFlags
    var node: Int
  }

  /// A request for a block of a node, or of the current processor's.
  ///
  /// - Throws: where there is no such node, and where the request would sleep and may not.
  func request(
    _ order: Order, _ flags: GFPFlags, _ node: NodeNumber?
  ) throws(MachineError) -> Request {
    var preferred = nodeIndex
    if let node { preferred = try check(node) }
    if context.isAtomic, flags.contains(.directReclaim) { throw .sleepInAtomicContext(flags) }
    return Request(order: order.rawValue, flags: flags, node: preferred)
  }

  /// Serves a request from the first zone that stays above its low mark.
  @inline(__always)
  mutating func takeAboveLow(_ request: Request) -> PageFrameNumber? {
    let highest = request.flags.highestZone
    var entry = zoneList(request.node, highest)
    while let zone = nextZone(&entry, request) {
      let floor = zones[zone].watermarks.low &+ zones[zone].lowmemReserve[highest.rawValue]
      if hasRoom(zone, order: request.order, above: floor),
        let frame = take(zone, request)
      {
        return frame
      }
    }
    return nil
  }

  /// The zone at an entry of a list, and the entry of the next one; nil where none is left that the
  /// request may be served from.
  @inline(__always)
  func nextZone(_ entry: inout Int, _ request: Request) -> Int? {
    let number = zoneLists[entry]
    if number == Self.zoneListEnd { return nil }
    let zone = Int(number)
    // A list begins with all zones of its own node.
    if request.flags.contains(.thisNode), zone >> 2 != request.node { return nil }
    entry &+= 1
    return zone
  }

  /// Whether a zone can give a block and keep more than `floor` frames (__zone_watermark_ok).
  @inline(__always)
  func hasRoom(_ zone: Int, order: Int, above floor: Int) -> Bool {
    guard zones[zone].free &- (1 &<< order &- 1) > floor else { return false }
    return order == 0 || zones[zone].filledAreas >> UInt32(truncatingIfNeeded: order) != 0
      || zones[zone].freshBlocks > 0
  }

  /// Takes a block of a zone and writes its record.
  @inline(__always)
  mutating func take(_ zone: Int, _ request: Request) -> PageFrameNumber? {
    let flags = request.flags
    let found =
      request.order == 0
      ? takeCached(zone, cold: flags.contains(.cold)) : takeBlock(zone, request.order)
    guard let frame = found else { return nil }
    zones[zone].allocations &+= 1
    if zone >> 2 != request.node || zone >> 2 != nodeIndex { countRemote(zone, request) }
    var state: PageFlags = [.allocated, .used]
    // `used` still says whether it must be cleared.
    if flags.contains(.zero) { state.formIntersection(frames[frame].flags.union(.allocated)) }
    if request.order > 0 { state.formUnion(.head) }
    if zone & 3 == ZoneType.highMemory.rawValue { state.formUnion(.highMemory) }
    frames[frame].begin(state, request.order, zone)
    frames[frame].referenceCount = 1
    return frame
  }

  /// Counts a block for a request of another node, or for another than it asked for
  /// (zone_statistics).
  @inline(never)
  private mutating func countRemote(_ zone: Int, _ request: Request) {
    let first = Int(zoneLists[zoneList(request.node, request.flags.highestZone)])
    if zone >> 2 != first >> 2 {
      events.otherNode &+= 1
      zones[zone].misses &+= 1
      zones[first].foreign &+= 1
    }
    if zone >> 2 != nodeIndex { zones[zone].others &+= 1 }
  }

  /// The rare options: zeroed contents, and tails that know their head.
  @inline(never)
  mutating func prepare(
    _ frame: PageFrameNumber, _ request: Request
  ) throws(MachineError) {
    let count = 1 << request.order
    if request.flags.contains(.zero) {
      if frames[frame].flags.contains(.used) {
        do throws(MachineError) {
          try physical.clear(frame, count: count)
        } catch {
          // A block that is not zero is never handed out as zero.
          events.failed += 1
          release(frame, request.order, cold: false)
          throw error
        }
        events.cleared += count
      } else {
        frames[frame].flags.formUnion(.used)
        events.knownZero += count
      }
    }
    if request.flags.contains(.compound) && count > 1 {
      for tail in 1..<count {
        let number = PageFrameNumber(index: frame.index + tail)
        frames[number].flags = frames[number].flags.intersection(.used).union(.tail)
        frames[number].privateData = UInt64(frame.rawValue)
      }
      frames[frame].flags.formUnion(.compound)
    }
  }

  // MARK: Freeing

  /// Drops a reference to a block; the last one frees it.
  @inline(__always)
  mutating func free(
    _ frame: PageFrameNumber, order: Order, flags: GFPFlags
  ) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    if order.rawValue == 0, flags.isEmpty, giveSingle(frame) { return }
    try freeBlock(frame, order, flags)
  }

  /// Frees any other block.
  @inline(never)
  private mutating func freeBlock(
    _ frame: PageFrameNumber, _ order: Order, _ flags: GFPFlags
  ) throws(MachineError) {
    let state = frames[frame].flags
    guard state.contains(.allocated) else { throw .notAllocated(frame) }
    guard Int(frames[frame].blockOrder) == order.rawValue else {
      throw .wrongOrder(frame, is: frames[frame].order, given: order)
    }
    if frames[frame].referenceCount > 1 {
      frames[frame].referenceCount &-= 1
      return
    }
    guard state.isDisjoint(with: [.lru, .writeBack, .slab, .locked]), frames[frame].mapCount == 0
    else {
      throw .stillInUse(frame, state, mapCount: Int(frames[frame].mapCount))
    }
    release(frame, order.rawValue, cold: flags.contains(.cold))
  }

  /// Adds a reference to a block (get_page).
  func addReference(_ frame: PageFrameNumber) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    guard frames[frame].flags.contains(.allocated) else { throw .notAllocated(frame) }
    frames[frame].referenceCount &+= 1
  }

  /// Frees a block without users.
  ///
  /// - Precondition: it is allocated, and in no list.
  @inline(__always)
  mutating func release(_ frame: PageFrameNumber, _ order: Int, cold: Bool) {
    let zone = Int(frames[frame].zoneIndex)
    zones[zone].frees &+= 1
    if !frames[frame].flags.isDisjoint(with: [.highMemory, .compound]) { cleanUp(frame, order) }
    frames[frame].forgetUse()
    if order == 0 {
      giveCached(frame, zone, cold: cold)
    } else {
      frames[frame].flags = .used
      giveBlock(frame, zone, order)
    }
  }

  /// Resets a compound block's tails and removes windows.
  @inline(never)
  private mutating func cleanUp(_ frame: PageFrameNumber, _ order: Int) {
    if frames[frame].flags.contains(.compound) {
      for tail in 1..<(1 << order) {
        let number = PageFrameNumber(index: frame.index + tail)
        frames[number].flags = []
        frames[number].privateData = 0
      }
    }
    if frames[frame].flags.contains(.highMemory),
      order > 0 || frames[frame].windowAddress != 0
    {
      physical.forgetWindows(frame, count: 1 << order)
    }
  }

  /// The head of the block that a frame is part of, if that block is allocated and compound, or the
  /// frame itself where it begins a block (compound_head).
  func head(of frame: PageFrameNumber) -> PageFrameNumber? {
    guard frame.index < spannedFrames else { return nil }
    let flags = frames[frame].flags
    if flags.contains(.allocated) { return frame }
    return flags.contains(.tail)
      ? PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData)) : nil
  }
}
