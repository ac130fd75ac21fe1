// SPDX-License-Identifier: MIT

// Which ids of a trace are allocated, in memory that grows with what is live.
//
// Ids are requested in order: 0, 1, 2 … The last 2^20 of them have a bit each in a *window*, a ring of
// words; what is still live when the ring comes round again moves to a dictionary of words.
//
//     ids     0 ───────────── known − 2^20 ─────────────── known
//             │ dictionary: words │      window: one bit      │  not requested yet
//             │ with a bit set    │      for each             │
//
// Invariants: the bit of an id is set iff it is live; the dictionary has no empty word; the window's
// bits that no known id has are 0. The window has a power of two of words, and until that is 2^14 it
// holds every id.

/// The ids that are allocated.
@safe
struct LiveIDs: ~Copyable {
  /// The ring: the bit of an id is at id mod ``bits``.
  private(set) var window: UnsafeMutablePointer<UInt64>
  /// The bits in the ring.
  private(set) var bits = 1 << 10
  private var older: [Int: UInt64] = [:]
  /// The ids requested so far: all below are known.
  var known = 0

  /// The first id that has its bit in the ring.
  private var oldest = 0
  private let mostBits: Int

  /// No ids, and a ring that grows up to a power of two of bits.
  init(mostBits: Int = 1 << 20) {
    self.mostBits = max(mostBits, bits)
    unsafe window = .allocate(capacity: bits >> 6)
    unsafe window.initialize(repeating: 0, count: bits >> 6)
  }

  deinit {
    unsafe window.deallocate()
  }

  /// Adds the next id.
  mutating func insertNext() {
    _ = makeRoom()
    let bit = known & (bits - 1)
    // SAFETY: the bit is within the ring.
    unsafe window[bit >> 6] |= 1 << UInt64(bit & 63)
    known += 1
  }

  /// Removes an id; returns whether it was live.
  mutating func remove(_ id: Int) -> Bool {
    guard contains(id) else { return false }
    let mask: UInt64 = 1 << UInt64(id & 63)
    if isInWindow(id) {
      // SAFETY: the bit is within the ring.
      unsafe window[(id & (bits - 1)) >> 6] ^= mask
    } else {
      let rest = (older[id >> 6] ?? 0) & ~mask
      older[id >> 6] = rest == 0 ? nil : rest
    }
    return true
  }

  /// Whether an id is live.
  func contains(_ id: Int) -> Bool {
    guard id < known else { return false }
    // SAFETY: the bit is within the ring.
    let word =
      unsafe isInWindow(id) ? window[(id & (bits - 1)) >> 6] : older[id >> 6] ?? 0
    return word >> UInt64(id & 63) & 1 != 0
  }

  /// Whether a known id has its bit in the ring.
  private func isInWindow(_ id: Int) -> Bool { id >= oldest }

  /// Makes room for the next id; returns up to which id, exclusively, there is room now.
  mutating func makeRoom() -> Int {
    if known < bits { return bits }
    if known & 63 != 0 { return (known | 63) + 1 }
    if bits < mostBits {
      let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: bits >> 5)
      // SAFETY: all ids are below `bits`, so that their words stay where they are.
      unsafe larger.update(from: window, count: bits >> 6)
      unsafe (larger + bits >> 6).initialize(repeating: 0, count: bits >> 6)
      unsafe window.deallocate()
      unsafe window = larger
      bits *= 2
      return bits
    }
    // SAFETY: the place is within the ring.
    let place = (known & (bits - 1)) >> 6
    let word = unsafe window[place]
    if word != 0 { older[(known - bits) >> 6] = word }
    unsafe window[place] = 0
    oldest = known + 64 - bits
    return known + 64
  }

  /// Whether the invariants hold, for tests.
  func checkInvariants() -> Bool {
    guard bits.nonzeroBitCount == 1, bits <= mostBits else { return false }
    guard older.values.allSatisfy({ $0 != 0 }) else { return false }
    let unknown = known < bits ? known..<bits : known..<(known + 63) & ~63
    // SAFETY: the bit is within the ring.
    return unknown.allSatisfy { id in
      let bit = id & (bits - 1)
      return unsafe window[bit >> 6] >> UInt64(bit & 63) & 1 == 0
    }
  }
}
