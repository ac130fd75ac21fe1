// SPDX-License-Identifier: MIT

// Which slot an id has, and how large its block is, for ids that are live: memory follows the blocks
// that live at one time, and not the length of the trace.
//
// An open-addressed table: an entry stands at its home or behind it, with no gap between (D. Knuth,
// The Art of Computer Programming, volume 3, section 6.4, algorithms L and R). Eight ids in a row have
// homes in a row, as traces request them in order.
//
// Invariants: at most half of the entries are taken; from an entry's home to it no entry is empty;
// slots are within 0 and slotCount − 1, and each is either in the table once or in `spare`,
// but for those that a resize is about to reclaim.

/// The live ids, their slots and their sizes.
struct SlotTable {
  struct Entry: BitwiseCopyable {
    /// The id and one; 0 is an empty entry.
    fileprivate var key: UInt32
    var slot: UInt32
    var size: Int32
  }

  private var entries: [Entry]
  private var bits: UInt32
  private var count = 0
  private var spare: [UInt32] = []
  private(set) var slotCount = 0

  private static let empty = Entry(key: 0, slot: 0, size: 0)

  init() {
    bits = 10
    entries = Array(repeating: Self.empty, count: 1 << 10)
  }

  /// Puts an id that is not there into a slot of its own, and says which.
  ///
  /// - Complexity: O(1) on average.
  mutating func insert(_ id: Int, size: Int) -> UInt32 {
    if 2 * count >= entries.count { grow() }
    let slot: UInt32
    if let used = spare.popLast() {
      slot = used
    } else {
      slot = UInt32(slotCount)
      slotCount += 1
    }
    place(Entry(key: UInt32(id) + 1, slot: slot, size: Int32(size)))
    count += 1
    return slot
  }

  /// Takes an id out; nil where it is not there.
  ///
  /// - Complexity: O(1) on average.
  mutating func remove(_ id: Int) -> Entry? {
    guard let entry = removeKeepingSlot(id) else { return nil }
    spare.append(entry.slot)
    return entry
  }

  /// Takes an id out whose slot is reclaimed later.
  mutating func removeKeepingSlot(_ id: Int) -> Entry? {
    let key = UInt32(id) + 1
    let mask = entries.count - 1
    var position = home(key)
    while entries[position].key != key {
      if entries[position].key == 0 { return nil }
      position = (position + 1) & mask
    }
    let found = entries[position]
    count -= 1
    // What stands behind moves up, unless that would put it before its home.
    var next = (position + 1) & mask
    while entries[next].key != 0 {
      if (next - home(entries[next].key)) & mask >= (next - position) & mask {
        entries[position] = entries[next]
        position = next
      }
      next = (next + 1) & mask
    }
    entries[position] = Self.empty
    return found
  }

  /// Lets a slot be used again.
  mutating func reclaim(_ slot: UInt32) { spare.append(slot) }

  /// All that are live, in no order.
  var live: [Entry] { entries.filter { $0.key != 0 } }

  @inline(__always)
  private func home(_ key: UInt32) -> Int {
    let mixed = (key >> 3) &* 0x9E37_79B1
    return Int(mixed >> (32 - (bits - 3))) << 3 | Int(key & 7)
  }

  private mutating func place(_ entry: Entry) {
    var position = home(entry.key)
    while entries[position].key != 0 { position = (position + 1) & (entries.count - 1) }
    entries[position] = entry
  }

  private mutating func grow() {
    let old = entries
    bits += 1
    entries = Array(repeating: Self.empty, count: 1 << Int(bits))
    for entry in old where entry.key != 0 { place(entry) }
  }
}
