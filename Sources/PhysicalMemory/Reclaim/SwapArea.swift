// SPDX-License-Identifier: MIT

// Where anonymous pages go.
//
// Terms: a *slot* has room for a page. Its *users* are the page table entries that name it. While the
// page is also in a frame, that frame is the slot's *cache* (`swapCache`), and its `privateData` is the
// slot.
//
//     mapped ──reclaim: slot, write──▶ cached ──written, frame freed──▶ slot only
//        ▲                                │                               │
//        └──────────── fault ─────────────┴──────────── fault: read ──────┘
//
// Invariants: a slot is free iff it has neither users nor cache; free + used = all.

internal import Pages

/// A place for a page in the swap area.
public struct SwapSlot: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The swap area.
struct SwapArea: ~Copyable {
  struct Record: BitwiseCopyable {
    /// Page table entries that name it.
    var users: UInt32
    /// The frame that is its cache and one, or 0.
    var framePlusOne: UInt32
    /// The free slot after it and one, or 0.
    var nextFreePlusOne: UInt32
  }

  let slots: Int
  private(set) var freeSlots: Int
  let device: BlockDevice
  private let recordMemory: RecordMemory<Record>
  let records: RecordTable<Record>
  private var firstFreePlusOne: UInt32 = 0
  /// Slots from here on were never used.
  private var fresh = 0

  init(size: ByteCount) throws(AllocationError) {
    let slots = min(max(0, size.rawValue) >> PageFrameNumber.shift, Int(UInt32.max) - 1)
    let device = try BlockDevice(pages: max(1, slots))
    let recordMemory = try RecordMemory<Record>(count: max(1, slots))
    self.slots = slots
    freeSlots = slots
    records = RecordTable(recordMemory)
    self.device = device
    self.recordMemory = recordMemory
  }

  mutating func allocate() -> SwapSlot? {
    guard freeSlots > 0 else { return nil }
    freeSlots -= 1
    if firstFreePlusOne != 0 {
      let slot = firstFreePlusOne - 1
      firstFreePlusOne = records[Int(slot)].nextFreePlusOne
      return SwapSlot(rawValue: slot)
    }
    fresh += 1
    return SwapSlot(rawValue: UInt32(fresh - 1))
  }

  /// Frees a slot that has neither users nor cache.
  mutating func freeIfUnused(_ slot: SwapSlot) {
    let index = Int(slot.rawValue)
    guard records[index].users == 0, records[index].framePlusOne == 0 else { return }
    records[index].nextFreePlusOne = firstFreePlusOne
    firstFreePlusOne = slot.rawValue + 1
    freeSlots += 1
  }

  func isUsed(_ slot: SwapSlot) -> Bool {
    let index = Int(slot.rawValue)
    return index < fresh && (records[index].users > 0 || records[index].framePlusOne > 0)
  }

  /// Used slots, for the invariants.
  var used: [SwapSlot] {
    var used: [SwapSlot] = []
    for index in 0..<fresh where isUsed(SwapSlot(rawValue: UInt32(index))) {
      used.append(SwapSlot(rawValue: UInt32(index)))
    }
    return used
  }
}

extension Machine {
  /// The slots of the swap area, and those that are free.
  public var swapSlots: (all: Int, free: Int) {
    (reclaim.swap.slots, reclaim.swap.freeSlots)
  }

  /// Page table entries that name a slot.
  public func users(of slot: SwapSlot) throws(MachineError) -> Int {
    guard reclaim.swap.isUsed(slot) else { throw .swapSlotFree(slot) }
    return Int(reclaim.swap.records[Int(slot.rawValue)].users)
  }

  /// One more page table entry names a slot (swap_duplicate).
  public mutating func addUser(_ slot: SwapSlot) throws(MachineError) {
    guard reclaim.swap.isUsed(slot) else { throw .swapSlotFree(slot) }
    reclaim.swap.records[Int(slot.rawValue)].users += 1
  }

  /// One page table entry less names a slot (swap_free). With the last one its cache becomes an
  /// anonymous page like any other.
  public mutating func removeUser(_ slot: SwapSlot) throws(MachineError) {
    guard reclaim.swap.isUsed(slot),
      reclaim.swap.records[Int(slot.rawValue)].users > 0
    else { throw .swapSlotFree(slot) }
    reclaim.swap.records[Int(slot.rawValue)].users -= 1
    guard reclaim.swap.records[Int(slot.rawValue)].users == 0 else { return }
    let cache = reclaim.swap.records[Int(slot.rawValue)].framePlusOne
    if cache == 0 {
      reclaim.swap.freeIfUnused(slot)
    } else {
      let frame = PageFrameNumber(rawValue: cache - 1)
      // Nobody maps it: it was on its way out, and now nobody wants it back.
      if frames[frame].mapCount == 0, frames[frame].referenceCount == 1 {
        freeAnonymous(frame)
      } else {
        dropSwapCache(frame)
      }
    }
  }

  /// The page of a slot in a frame: its cache, or a new one that it is read into.
  ///
  /// The caller maps it, and takes the user that the page table entry was off the slot.
  public mutating func swapIn(
    _ slot: SwapSlot, flags: GFPFlags = .highUserMovable
  ) throws(MachineError) -> PageFrameNumber {
    guard reclaim.swap.isUsed(slot) else { throw .swapSlotFree(slot) }
    let cache = reclaim.swap.records[Int(slot.rawValue)].framePlusOne
    if cache != 0 { return PageFrameNumber(rawValue: cache - 1) }
    // While memory is sought for it, the slot must stay: its user keeps it.
    let frame = try allocatePages(flags: flags)
    do throws(MachineError) {
      try unsafe withBytes(of: frame) { bytes in
        unsafe reclaim.swap.device.read(Int(slot.rawValue), into: bytes)
      }
    } catch {
      pages.release(frame, 0, cold: false)
      throw error
    }
    frames[frame].owner = FrameOwner(.anonymous, number: 0)
    frames[frame].flags.formUnion([.swapCache])
    frames[frame].privateData = UInt64(slot.rawValue)
    reclaim.swap.records[Int(slot.rawValue)].framePlusOne = frame.rawValue + 1
    pages.add(1, to: .anonymousPages, of: frame)
    pages.add(1, to: .swapCached, of: frame)
    try addToReclaim(frame, isAnonymous: true, isActive: false)
    pages.events.swappedIn += 1
    return frame
  }

  /// A new frame for anonymous memory, known to reclaim; the caller maps it.
  public mutating func allocateAnonymous(
    owner: UInt64, index: UInt64, flags: GFPFlags = .highUserMovable, node: NodeNumber? = nil
  ) throws(MachineError) -> PageFrameNumber {
    let frame = try allocatePages(flags: flags, node: node)
    frames[frame].owner = FrameOwner(.anonymous, number: owner)
    frames[frame].index = index
    pages.add(1, to: .anonymousPages, of: frame)
    try addToReclaim(frame, isAnonymous: true, isActive: true)
    return frame
  }

  /// Frees an anonymous frame that nobody maps any more.
  ///
  /// - Precondition: its map count is 0 and it has one reference.
  public mutating func freeAnonymous(_ frame: PageFrameNumber) {
    guard frame.index < spannedFrames,
      frames[frame].flags.isSuperset(of: [.allocated, .swapBacked]),
      frames[frame].mapCount == 0
    else { return }
    if frames[frame].referenceCount > 1 {
      frames[frame].referenceCount -= 1
      return
    }
    if frames[frame].flags.contains(.swapCache) { dropSwapCache(frame) }
    if frames[frame].flags.contains(.writeBack) { forgetWrite(frame) }
    removeFromReclaim(frame)
    pages.add(-1, to: .anonymousPages, of: frame)
    frames[frame].flags.subtract([.dirty, .referenced, .active, .swapBacked])
    pages.release(frame, 0, cold: false)
  }

  /// Has a frame be no slot's cache any more.
  mutating func dropSwapCache(_ frame: PageFrameNumber) {
    let slot = SwapSlot(rawValue: UInt32(truncatingIfNeeded: frames[frame].privateData))
    frames[frame].flags.remove(.swapCache)
    frames[frame].privateData = 0
    pages.add(-1, to: .swapCached, of: frame)
    reclaim.swap.records[Int(slot.rawValue)].framePlusOne = 0
    reclaim.swap.freeIfUnused(slot)
  }
}
