// SPDX-License-Identifier: GPL-2.0 OR MIT

// What the map knows of one page: 80 bytes.
//
//     0     8          16 …
//     │ page│ classes  │ 512 bits, one for each granule: 1 is free      │
//
// Invariants: each extent's class is in `classes`. (It may also hold classes of extents that have been
// merged into longer ones since; they go when the page is next allocated from.) Bit 511 is 0.

/// A page's record.
@frozen
@usableFromInline
struct PageRecord: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static var byteCount: Int { 80 }

  @inlinable var page: Place {
    get { at.load(0) }
    nonmutating set { at.store(0, newValue) }
  }
  @inlinable var classes: UInt64 {
    get { at.load(8) }
    nonmutating set { at.store(8, newValue) }
  }
  @inlinable @inline(__always)
  subscript(word: Int) -> UInt64 {
    get { at.load(16 &+ 8 &* word) }
    nonmutating set { at.store(16 &+ 8 &* word, newValue) }
  }

  /// Makes this the record of a page that is free but for its first granules.
  @inlinable
  func open(_ page: Place) {
    self.page = page
    classes = 0
    for word in 0..<7 { self[word] = .max }
    self[7] = .max >> 1
    page.store(0, at)
  }

  /// Marks granules as free or used.
  @inlinable @inline(__always)
  func flip(_ start: Int, _ count: Int) {
    var word = start >> 6
    let offset = start & 63
    let head = min(count, 64 &- offset)
    self[word] ^=
      (.max >> UInt64(truncatingIfNeeded: 64 &- head)) << UInt64(truncatingIfNeeded: offset)
    var rest = count &- head
    while rest > 0 {
      word &+= 1
      self[word] ^= rest >= 64 ? .max : .max >> UInt64(truncatingIfNeeded: 64 &- rest)
      rest &-= 64
    }
  }

  /// The free granules right before `start`.
  @inlinable @inline(__always)
  func freeBefore(_ start: Int) -> Int {
    var count = 0
    var word = start >> 6
    let offset = start & 63
    if offset > 0 {
      let ones = (~(self[word] << UInt64(truncatingIfNeeded: 64 &- offset))).leadingZeroBitCount
      if ones < offset { return ones }
      count = offset
    }
    while word > 0 {
      word &-= 1
      let ones = (~self[word]).leadingZeroBitCount
      count &+= ones
      if ones < 64 { break }
    }
    return count
  }

  /// The free granules from `start` on.
  @inlinable @inline(__always)
  func freeAfter(_ start: Int) -> Int {
    var word = start >> 6
    let offset = start & 63
    let ones = (~(self[word] >> UInt64(truncatingIfNeeded: offset))).trailingZeroBitCount
    if ones < 64 &- offset { return ones }
    var count = 64 &- offset
    while word < 7 {
      word &+= 1
      let ones = (~self[word]).trailingZeroBitCount
      count &+= ones
      if ones < 64 { break }
    }
    return count
  }

  /// Looks at the extents in address order.
  ///
  /// - Complexity: O(extents), 8 words at least.
  @inlinable @inline(__always)
  func forEachExtent(_ body: (_ start: Int, _ length: Int) -> Void) {
    var position = 0
    var word = 0
    var bits = self[0]
    while true {
      // `bits` holds what is left of `word`, from `position` on, shifted down to bit 0.
      while bits == 0 {
        word &+= 1
        if word == 8 { return }
        position = word << 6
        bits = self[word]
      }
      let skip = bits.trailingZeroBitCount
      position &+= skip
      bits >>= UInt64(truncatingIfNeeded: skip)
      let start = position
      var ones = (~bits).trailingZeroBitCount
      position &+= ones
      bits = ones == 64 ? 0 : bits >> UInt64(truncatingIfNeeded: ones)
      while position & 63 == 0, word < 7 {
        word &+= 1
        bits = self[word]
        ones = (~bits).trailingZeroBitCount
        position &+= ones
        bits = ones == 64 ? 0 : bits >> UInt64(truncatingIfNeeded: ones)
        if ones < 64 { break }
      }
      body(start, position &- start)
    }
  }
}
