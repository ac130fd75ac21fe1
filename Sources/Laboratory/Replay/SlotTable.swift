// SPDX-License-Identifier: MIT

// Which slot an id has, and how large its block is, for ids that are live: memory follows the blocks
// that live at one time, and not the length of the trace.
//
// Ids are requested in order, so that the last of them have a place each in a *window*, a ring: to look
// one up takes no search. What is still live when the ring comes round again moves to a dictionary, as
// in LiveIDs.swift.
//
//     ids     0 ──────────── known − capacity ─────────── known
//             │ dictionary          │ window: a place each  │ not requested yet
//
// Invariants: the capacity is a power of two, and until it is the largest that it may be the window has
// every id; a place that no live id has is empty; slots are within 0 and slotCount − 1, and each is
// either in the table once or spare, but for those that a resize is about to reclaim.

/// The live ids, their slots and their sizes.
@safe
struct SlotTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var slot: UInt32
    /// Bytes; below zero where there is no entry.
    var size: Int32

    static var empty: Entry { Entry(slot: 0, size: -1) }
    @inline(__always) var isEmpty: Bool { size < 0 }
  }

  private var window: UnsafeMutablePointer<Entry>
  private var capacity = 1 << 10
  private let mostCapacity: Int
  private var older: [Int: Entry] = [:]
  /// One more than the largest id so far.
  private var known = 0

  /// A stack with room for every slot.
  private var spare: UnsafeMutablePointer<UInt32>
  private var spareCount = 0
  private var spareCapacity = 1 << 10
  private(set) var slotCount = 0

  /// No ids, and a window that grows up to a power of two of places, of 8 bytes each.
  init(mostCapacity: Int = 1 << 20) {
    self.mostCapacity = max(mostCapacity, capacity)
    unsafe window = .allocate(capacity: capacity)
    unsafe window.initialize(repeating: .empty, count: capacity)
    unsafe spare = .allocate(capacity: spareCapacity)
  }

  deinit {
    unsafe window.deallocate()
    unsafe spare.deallocate()
  }

  /// Puts an id that is not there into a slot of its own, and says which.
  ///
  /// - Complexity: O(1) amortised, for ids that come in order.
  @inline(__always)
  mutating func insert(_ id: Int, size: Int) -> UInt32 {
    let slot: UInt32
    if spareCount > 0 {
      spareCount &-= 1
      // SAFETY: what is below spareCount was written.
      slot = unsafe spare[spareCount]
    } else {
      slot = newSlot()
    }
    let entry = Entry(slot: slot, size: Int32(truncatingIfNeeded: size))
    if id == known, known < capacity {
      // SAFETY: the place is below the capacity.
      unsafe window[id] = entry
      known = id &+ 1
    } else {
      place(id, entry)
    }
    return slot
  }

  /// Takes an id out; nil where it is not there.
  ///
  /// - Complexity: O(1) on average.
  @inline(__always)
  mutating func remove(_ id: Int) -> Entry? {
    guard let entry = removeKeepingSlot(id) else { return nil }
    reclaim(entry.slot)
    return entry
  }

  /// Takes an id out whose slot is reclaimed later.
  @inline(__always)
  mutating func removeKeepingSlot(_ id: Int) -> Entry? {
    guard isInWindow(id) else { return older.removeValue(forKey: id) }
    let place = id & (capacity &- 1)
    // SAFETY: the place is within the ring.
    let entry = unsafe window[place]
    unsafe window[place] = .empty
    return entry.isEmpty ? nil : entry
  }

  /// Lets a slot be used again.
  @inline(__always)
  mutating func reclaim(_ slot: UInt32) {
    // SAFETY: there is room for every slot, and each is spare once.
    unsafe spare[spareCount] = slot
    spareCount &+= 1
  }

  /// All that are live, in no order.
  var live: [Entry] {
    var live = Array(older.values)
    for place in 0..<capacity {
      // SAFETY: the place is within the ring.
      let entry = unsafe window[place]
      if !entry.isEmpty { live.append(entry) }
    }
    return live
  }

  @inline(__always)
  private func isInWindow(_ id: Int) -> Bool { id < known && id >= known &- capacity }

  @inline(never)
  private mutating func place(_ id: Int, _ entry: Entry) {
    while known <= id { makeKnown() }
    if isInWindow(id) {
      // SAFETY: the place is within the ring.
      unsafe window[id & (capacity - 1)] = entry
    } else {
      older[id] = entry
    }
  }

  /// Gives the next id the place of the one that is `capacity` older.
  private mutating func makeKnown() {
    if known == capacity, capacity < mostCapacity { growWindow() }
    let place = known & (capacity - 1)
    // SAFETY: the place is within the ring.
    let entry = unsafe window[place]
    if !entry.isEmpty { older[known - capacity] = entry }
    unsafe window[place] = .empty
    known += 1
  }

  private mutating func growWindow() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
    // SAFETY: all ids are below the capacity, so that their entries stay where they are.
    unsafe larger.update(from: window, count: capacity)
    unsafe (larger + capacity).initialize(repeating: .empty, count: capacity)
    unsafe window.deallocate()
    unsafe window = larger
    capacity *= 2
  }

  @inline(never)
  private mutating func newSlot() -> UInt32 {
    if slotCount == spareCapacity {
      let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * spareCapacity)
      // SAFETY: what is below spareCount was written.
      unsafe larger.update(from: spare, count: spareCount)
      unsafe spare.deallocate()
      unsafe spare = larger
      spareCapacity *= 2
    }
    defer { slotCount += 1 }
    return UInt32(slotCount)
  }
}
