// SPDX-License-Identifier: MIT

// Anonymous pages in frames, as swap knows them: a frame becomes one when it is mapped first or read from a
// slot, is given a slot by reclaim, and is freed when nobody maps it any more.

extension SwapAndCache {
  /// Makes a frame anonymous memory, known to reclaim; the caller maps it.
  func adopt(
    _ frame: PageFrameNumber, owner: UInt64, index: UInt64, _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    pages.frames[frame].owner = FrameOwner(.anonymous, number: owner)
    pages.frames[frame].index = index
    pages.add(1, to: .anonymousPages, of: frame)
    try add(frame, isAnonymous: true, isActive: true, pages)
  }

  /// Frees an anonymous frame that nobody maps any more, or takes one of several references.
  mutating func freeAnonymous(_ frame: PageFrameNumber, _ pages: inout PageAllocator) {
    guard frame.index < pages.spannedFrames,
      pages.frames[frame].flags.isSuperset(of: [.allocated, .swapBacked]),
      pages.frames[frame].mapCount == 0
    else { return }
    if pages.frames[frame].referenceCount > 1 {
      pages.frames[frame].referenceCount -= 1
      return
    }
    if pages.frames[frame].flags.contains(.swapCache) { dropSwapCache(frame, pages) }
    if pages.frames[frame].flags.contains(.writeBack) { forgetWrite(frame, pages) }
    remove(frame, pages)
    pages.add(-1, to: .anonymousPages, of: frame)
    pages.frames[frame].flags.subtract([.dirty, .referenced, .active, .swapBacked])
    pages.release(frame, 0, cold: false)
  }

  // MARK: Slots

  /// The slot whose cache a frame is.
  func slot(of frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> SwapSlot? {
    guard pages.frames[frame].flags.contains(.swapCache) else { return nil }
    return SwapSlot(rawValue: UInt32(truncatingIfNeeded: pages.frames[frame].privateData))
  }

  /// Whether page table entries name the slot of a frame.
  func isSlotShared(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) -> Bool {
    guard let slot = slot(of: frame, pages) else { return false }
    return ((try? swap.users(of: slot)) ?? 0) > 0
  }

  /// The slot of a frame: the one that it has, or a new one; nil where none is free.
  mutating func giveSlot(
    _ frame: PageFrameNumber, _ pages: borrowing PageAllocator
  ) -> SwapSlot? {
    if let slot = slot(of: frame, pages) { return slot }
    guard let slot = swap.allocate(for: frame) else { return nil }
    becomeCache(frame, of: slot, pages)
    return slot
  }

  private func becomeCache(
    _ frame: PageFrameNumber, of slot: SwapSlot, _ pages: borrowing PageAllocator
  ) {
    pages.frames[frame].flags.formUnion(.swapCache)
    pages.frames[frame].privateData = UInt64(slot.rawValue)
    pages.add(1, to: .swapCached, of: frame)
  }

  /// Reads the page of a slot into a new frame, which becomes the slot's cache.
  ///
  /// - Throws: where the host refuses a mapping; then the frame is free.
  mutating func read(
    _ slot: SwapSlot, into frame: PageFrameNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    do throws(MachineError) {
      try unsafe pages.physical.withBytes(of: frame) { bytes in
        unsafe swap.device.read(Int(slot.rawValue), into: bytes)
      }
    } catch {
      pages.release(frame, 0, cold: false)
      throw error
    }
    pages.frames[frame].owner = FrameOwner(.anonymous, number: 0)
    becomeCache(frame, of: slot, pages)
    swap.setCache(of: slot, to: frame)
    pages.add(1, to: .anonymousPages, of: frame)
    try add(frame, isAnonymous: true, isActive: false, pages)
    pages.events.swappedIn += 1
  }

  /// Has a frame be no slot's cache any more.
  mutating func dropSwapCache(_ frame: PageFrameNumber, _ pages: borrowing PageAllocator) {
    guard let slot = slot(of: frame, pages) else { return }
    pages.frames[frame].flags.remove(.swapCache)
    pages.frames[frame].privateData = 0
    pages.add(-1, to: .swapCached, of: frame)
    swap.setCache(of: slot, to: nil)
  }

  /// One page table entry less names a slot. With the last one its cache becomes an anonymous page like
  /// any other, and is freed if nobody maps it: it was on its way out, and now nobody wants it back.
  mutating func removeUser(
    _ slot: SwapSlot, _ pages: inout PageAllocator
  ) throws(MachineError) {
    guard let frame = try swap.removeUser(slot) else { return }
    if pages.frames[frame].mapCount == 0, pages.frames[frame].referenceCount == 1 {
      freeAnonymous(frame, &pages)
    } else {
      dropSwapCache(frame, pages)
    }
  }

  /// The same for an entry that may name any slot; the cache is also freed where others have counted it.
  mutating func release(_ slot: SwapSlot, _ pages: inout PageAllocator) {
    guard swap.isUsed(slot) else { return }
    let cache = swap.cache(of: slot)
    try? removeUser(slot, &pages)
    guard let frame = cache else { return }
    let record = pages.frames[frame]
    if record.flags.isSuperset(of: [.allocated, .swapBacked]), !record.flags.contains(.swapCache),
      record.mapCount == 0, record.owner.kind == .anonymous
    {
      freeAnonymous(frame, &pages)
    }
  }
}
