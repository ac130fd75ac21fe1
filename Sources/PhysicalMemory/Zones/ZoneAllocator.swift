// SPDX-License-Identifier: MIT

// The zone allocator: finds the zone that a request is served from.
//
//     request ─▶ each zone of the list: free − block > low + reserved for others? ─yes─▶ take
//                                │ none
//                                ▼
//                          the slow path (ZoneAllocator+Slow.swift)
//
// Invariant: a request without any right to reserves never leaves a zone with fewer free frames than its
// *min* plus what is kept from requests of its kind; frames in per-CPU caches are taken already.
//
// Source: get_page_from_freelist(), __zone_watermark_ok() and prep_new_page() of mm/page_alloc.c,
// Linux 6.12; Gorman, chapter 6.

extension Machine {
  // MARK: Taking

  /// Takes a block of 2^order frames (alloc_pages).
  ///
  /// - Parameters:
  ///   - order: the size of the block.
  ///   - flags: how it is to be had.
  ///   - node: where it should be; nil: near the current processor.
  /// - Returns: the block's first frame, with one reference. What it holds is not said but for `zero`.
  /// - Throws: ``MachineError/outOfMemory(order:flags:)`` where Linux returns null;
  ///   ``MachineError/host(_:)`` where a block of high memory is to be zero and the host refuses the
  ///   mapping that it takes to clear it. Then nothing is allocated.
  /// - Complexity: O(1) for single frames while a cache or a small block has one; O(orders) else. Where
  ///   memory is low, reclaim may run.
  public mutating func allocatePages(
    order: Order = 0, flags: GFPFlags = .kernel, node: NodeNumber? = nil
  ) throws(MachineError) -> PageFrameNumber {
    if order.rawValue == 0, node == nil, let frame = takeSingle(flags) { return frame }
    return try allocateBlock(order, flags, node)
  }

  /// Any other block.
  @inline(never)
  private mutating func allocateBlock(
    _ order: Order, _ flags: GFPFlags, _ node: NodeNumber?
  ) throws(MachineError) -> PageFrameNumber {
    var preferred = nodeIndex
    if let node {
      guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
      preferred = node.rawValue
    }
    if context.isAtomic, flags.contains(.directReclaim) { throw .sleepInAtomicContext(flags) }
    let request = Request(order: order.rawValue, flags: flags, node: preferred)
    let frame: PageFrameNumber
    if let found = takeAboveLow(request) {
      events.fast &+= 1
      frame = found
    } else {
      frame = try allocateSlowly(request)
    }
    if !flags.isDisjoint(with: [.zero, .compound]) { try prepare(frame, request) }
    return frame
  }

  /// Takes a block and makes it zero (get_zeroed_page for order 0).
  ///
  /// - Returns: the address of its first byte.
  /// - Throws: as ``allocatePages(order:flags:node:)``; high memory has no address to return, so that
  ///   the flag is ignored.
  public mutating func getZeroedPages(
    order: Order = 0, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    let frame = try allocatePages(
      order: order, flags: flags.subtracting(.highMemory).union(.zero))
    return directAddress(of: frame)
  }

  /// What was asked for.
  struct Request {
    var order: Int
    var flags: GFPFlags
    var node: Int
  }

  /// Serves a request from the first zone that stays above its low mark.
  @inline(__always)
  private mutating func takeAboveLow(_ request: Request) -> PageFrameNumber? {
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
    // Whether it must be cleared is to be known yet.
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

  /// What few requests want: zeroed contents, and tails that know their head.
  @inline(never)
  private mutating func prepare(
    _ frame: PageFrameNumber, _ request: Request
  ) throws(MachineError) {
    let count = 1 << request.order
    if request.flags.contains(.zero) {
      if frames[frame].flags.contains(.used) {
        do throws(MachineError) {
          try clear(frame, count: count)
        } catch {
          // Nobody gets a block as zero that is not.
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

  // MARK: Giving back

  /// Gives a block's reference back (free_pages); with the last one the block is free.
  ///
  /// - Throws: ``MachineError``: the frame begins no allocated block, the block has another order, or
  ///   something uses it still. Then nothing has changed.
  /// - Complexity: O(1) for single frames while the cache has room; O(orders) else.
  public mutating func freePages(
    _ frame: PageFrameNumber, order: Order = 0, flags: GFPFlags = []
  ) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    if order.rawValue == 0, flags.isEmpty, giveSingle(frame) { return }
    try freeBlock(frame, order, flags)
  }

  /// Gives any other block back.
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

  /// Gives a block back by the address of its first byte.
  public mutating func freePages(
    at address: KernelAddress, order: Order = 0
  ) throws(MachineError) {
    guard let frame = frame(at: address), address.rawValue & 4095 == 0 else {
      throw .noSuchAddress(address)
    }
    try freePages(frame, order: order)
  }

  /// Counts one more user of a block (get_page).
  public mutating func addReference(_ frame: PageFrameNumber) throws(MachineError) {
    guard frame.index < spannedFrames else { throw .noSuchFrame(UInt64(frame.rawValue)) }
    guard frames[frame].flags.contains(.allocated) else { throw .notAllocated(frame) }
    frames[frame].referenceCount &+= 1
  }

  /// Frees a block that nobody uses.
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

  /// Makes tails free frames again, and takes windows away.
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
      forgetWindows(frame, count: 1 << order)
    }
  }

  /// The head of the block that a frame is part of, if that block is allocated and compound, or the
  /// frame itself where it begins a block (compound_head).
  public func head(of frame: PageFrameNumber) -> PageFrameNumber? {
    guard frame.index < spannedFrames else { return nil }
    let flags = frames[frame].flags
    if flags.contains(.allocated) { return frame }
    return flags.contains(.tail)
      ? PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData)) : nil
  }
}
