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

/// The swap area.
struct SwapArea: ~Copyable {
  private struct Record: BitwiseCopyable {
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
  private let records: RecordTable<Record>
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

  /// Takes a free slot for the page of a frame.
  mutating func allocate(for frame: PageFrameNumber) -> SwapSlot? {
    guard freeSlots > 0 else { return nil }
    freeSlots -= 1
    var slot = UInt32(fresh)
    if firstFreePlusOne != 0 {
      slot = firstFreePlusOne - 1
      firstFreePlusOne = records[Int(slot)].nextFreePlusOne
    } else {
      fresh += 1
    }
    records[Int(slot)].framePlusOne = frame.rawValue + 1
    return SwapSlot(rawValue: slot)
  }

  /// Frees a slot that has neither users nor cache.
  private mutating func freeIfUnused(_ slot: SwapSlot) {
    let index = Int(slot.rawValue)
    guard records[index].users == 0, records[index].framePlusOne == 0 else { return }
    records[index].nextFreePlusOne = firstFreePlusOne
    firstFreePlusOne = slot.rawValue + 1
    freeSlots += 1
    assert(freeSlots <= slots, "a swap slot freed twice")
  }

  func isUsed(_ slot: SwapSlot) -> Bool {
    let index = Int(slot.rawValue)
    return index < fresh && (records[index].users > 0 || records[index].framePlusOne > 0)
  }

  // MARK: Users and cache

  /// Page table entries that name a slot.
  func users(of slot: SwapSlot) throws(MachineError) -> Int {
    guard isUsed(slot) else { throw .swapSlotFree(slot) }
    return Int(records[Int(slot.rawValue)].users)
  }

  /// The frame that is a slot's cache.
  func cache(of slot: SwapSlot) -> PageFrameNumber? {
    let cache = records[Int(slot.rawValue)].framePlusOne
    return cache == 0 ? nil : PageFrameNumber(rawValue: cache - 1)
  }

  /// One more page table entry names a slot.
  func addUser(_ slot: SwapSlot) throws(MachineError) {
    guard isUsed(slot) else { throw .swapSlotFree(slot) }
    records[Int(slot.rawValue)].users += 1
  }

  /// One page table entry less names a slot; without cache, the last one frees it.
  ///
  /// - Returns: the slot's cache, where it was the last one.
  mutating func removeUser(_ slot: SwapSlot) throws(MachineError) -> PageFrameNumber? {
    guard isUsed(slot), records[Int(slot.rawValue)].users > 0 else { throw .swapSlotFree(slot) }
    records[Int(slot.rawValue)].users -= 1
    guard records[Int(slot.rawValue)].users == 0 else { return nil }
    if let frame = cache(of: slot) { return frame }
    freeIfUnused(slot)
    return nil
  }

  /// Has a frame be the cache of a slot that is used, or none.
  mutating func setCache(of slot: SwapSlot, to frame: PageFrameNumber?) {
    assert(isUsed(slot), "a cache for a free slot")
    records[Int(slot.rawValue)].framePlusOne = frame.map { $0.rawValue + 1 } ?? 0
    if frame == nil { freeIfUnused(slot) }
  }

  /// Used slots, for the invariants.
  var used: [SwapSlot] {
    (0..<fresh).map { SwapSlot(rawValue: UInt32($0)) }.filter { isUsed($0) }
  }
}
