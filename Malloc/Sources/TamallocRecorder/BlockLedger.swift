// SPDX-License-Identifier: MIT

// Which blocks are live: by address, the id and size of each, in memory of the recorder's own.
//
// A table of a power of two of places, open addressing, the next place after a collision (D. E. Knuth,
// TAOCP 3, 6.4, algorithm L); a block that goes makes room for those that were pushed on (algorithm R).
//
// Invariants: count ≤ places / 2; between the place where a block's address leads and the place where
// it stands, none is empty. An address of 0 is an empty place.

internal import CRecorder

/// The live blocks.
@safe
struct BlockLedger {
  struct Entry {
    var address: UInt
    var id: Int
    var size: Int
  }

  private(set) var entries: UnsafeMutablePointer<Entry>?
  private(set) var places = 0
  private(set) var count = 0

  /// An empty ledger, without memory.
  init() {}

  /// Adds a block that is not in it; returns whether there was memory for it.
  mutating func insert(_ entry: Entry) -> Bool {
    if count >= places / 2, !grow() { return false }
    place(entry)
    count += 1
    return true
  }

  /// Takes a block out.
  mutating func remove(_ address: UInt) -> Entry? {
    guard let entries = unsafe entries else { return nil }
    // SAFETY: places are masked by the table's size.
    var index = home(address)
    while unsafe entries[index].address != address {
      if unsafe entries[index].address == 0 { return nil }
      index = next(index)
    }
    let removed = unsafe entries[index]
    var hole = index
    while true {
      index = next(index)
      let candidate = unsafe entries[index]
      if candidate.address == 0 { break }
      // It may move to the hole unless its home lies behind the hole, up to where it stands.
      let distance = (index - home(candidate.address)) & (places - 1)
      if distance >= (index - hole) & (places - 1) {
        unsafe entries[hole] = candidate
        hole = index
      }
    }
    unsafe entries[hole].address = 0
    count -= 1
    return removed
  }

  /// Whether a block is in it.
  func holds(_ address: UInt) -> Bool {
    guard let entries = unsafe entries else { return false }
    var index = home(address)
    // SAFETY: places are masked by the table's size.
    while unsafe entries[index].address != 0 {
      if unsafe entries[index].address == address { return true }
      index = next(index)
    }
    return false
  }

  /// The entry at a place, if there is one.
  func entry(_ index: Int) -> Entry? {
    // SAFETY: the caller counts up to `places`.
    guard index < places, let entry = unsafe entries?[index], entry.address != 0 else {
      return nil
    }
    return entry
  }

  private func next(_ index: Int) -> Int { (index + 1) & (places - 1) }

  private func home(_ address: UInt) -> Int {
    let mixed = (address >> 4) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 20) & (places - 1)
  }

  private func place(_ entry: Entry) {
    guard let entries = unsafe entries else { return }
    var index = home(entry.address)
    // SAFETY: places are masked by the table's size, and half of them at least are empty.
    while unsafe entries[index].address != 0 { index = next(index) }
    unsafe entries[index] = entry
  }

  private mutating func grow() -> Bool {
    let larger = places == 0 ? 1 << 12 : places * 2
    guard let memory = unsafe crecorder_map(larger * MemoryLayout<Entry>.stride) else {
      return false
    }
    let old = self
    // SAFETY: zeros are entries without an address.
    unsafe entries = memory.bindMemory(to: Entry.self, capacity: larger)
    places = larger
    for index in 0..<old.places {
      if let entry = old.entry(index) { place(entry) }
    }
    unsafe old.release()
    return true
  }

  /// Gives its memory back.
  @unsafe
  func release() {
    if let entries = unsafe entries {
      unsafe _ = munmap(entries, places * MemoryLayout<Entry>.stride)
    }
  }
}
