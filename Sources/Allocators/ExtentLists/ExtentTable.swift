// SPDX-License-Identifier: GPL-2.0 OR MIT

// The table of lists: an allocated extent of 1.6 KiB in one of the pages.
//
//     −36      −20        0                   8                     32
//     │ nobody │ outsider │ pages, page shift │ a bit for each class │ first of class 0 │ of class 1 │ …
//
// Terms: a *position* is an address, as a distance from the table, as a number without sign. A *slot* is
// where the position of an extent is noted: the table's place for the first of a class, or the link
// of the extent before it in the list. The links of a free extent are the position of the next one and
// that of its own slot.
//
// Two extents that are none spare every question that lists ask otherwise. *Nobody* stands at the end of
// each list; as it lies just below the table, its position is above all others. The *outsider* is taken
// out of its list, which is nothing but itself, in place of an extent that is in no list.
//
// Invariants: the bit of a class is set if it has an extent; it is cleared when the class is next looked for
// and found empty. The first extents of a list are in order of their positions, up to the number that
// the policy wants; those are where low pages come from, and it is not known what is behind them.

/// The lists of free extents, to be searched.
@safe
@frozen
public struct ExtentTable: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable @inline(__always)
  init(_ at: Place) { self.at = at }

  /// What lies below the table's place.
  @inlinable static var headBytes: Int { 40 }
  @inlinable static var byteCount: Int { headBytes &+ 32 &+ 8 &* slotCount }
  /// Two more than classes, as some are looked at together.
  @inlinable static var slotCount: Int { ExtentClass.count &+ 2 }

  @inlinable static var nobody: UInt { UInt(bitPattern: -36) }
  @inlinable static var outsider: UInt { UInt(bitPattern: -20) }

  /// The extent that the table is.
  @inlinable var extent: Place { at - (4 &+ Self.headBytes) }
  /// Pages that have extents.
  @inlinable var pages: Int {
    get { at.load(0, as: Int.self) &>> 8 }
    nonmutating set { at.store(0, newValue &<< 8 | pageShift) }
  }
  /// The logarithm of the page size.
  @inlinable var pageShift: Int { at.load(0, as: Int.self) & 255 }

  @inlinable @inline(__always)
  subscript(position: UInt) -> Place { Place(at: at.address &+ position) }
  @inlinable @inline(__always)
  func position(_ place: Place) -> UInt { place.address &- at.address }

  /// The slot of a class.
  @inlinable @inline(__always)
  static func slot(_ index: Int) -> UInt { UInt(bitPattern: 32 &+ 8 &* index) }
  /// The position of the first extent of a class.
  @inlinable @inline(__always)
  func first(_ index: Int) -> UInt { at.load(32 &+ 8 &* index) }

  /// 64 bits of the classes.
  @inlinable @inline(__always)
  func bits(_ word: Int) -> UInt64 { at.load(8 &+ 8 &* word) }
  @inlinable @inline(__always)
  func setBits(_ word: Int, _ bits: UInt64) { at.store(8 &+ 8 &* word, bits) }

  /// Lays an empty table out.
  @inlinable
  func open(pages: Int, pageShift: Int) {
    at.store(0, pages &<< 8 | pageShift)
    for word in 0..<3 { setBits(word, 0) }
    for index in 0..<Self.slotCount { self[Self.slot(index)].store(0, Self.nobody) }
    self[Self.nobody].store(4, Self.nobody)
    self[Self.outsider].store(4, Self.nobody)
    self[Self.outsider].store(12, Self.outsider &+ 4)
  }
}

/// Lists.
extension ExtentTable {
  /// Takes a free extent out of its list.
  @inlinable @inline(__always)
  func unlist(_ place: Place) {
    let next: UInt = place.load(4)
    let slot: UInt = place.load(12)
    self[slot].store(0, next)
    self[next].store(12, slot)
  }

  /// Puts a free extent into its list: in order among the first `ordered`, 2 at least, or behind them.
  @inlinable @inline(__always)
  func list(_ place: Place, length: Int, ordered: Int) {
    let index = ExtentClass.floor(length)
    setBits(index &>> 6, bits(index &>> 6) | 1 &<< UInt64(truncatingIfNeeded: index))
    let position = position(place)
    let start = Self.slot(index)
    let first: UInt = self[start].load(0)
    let second: UInt = self[first].load(4)
    // Selected, not branched to: whether they are lower is anyone's guess.
    var slot = second < position ? second &+ 4 : first &+ 4
    slot = first < position ? slot : start
    var next: UInt = self[slot].load(0)
    if ordered > 2, slot == second &+ 4 {
      var rest = ordered &- 2
      while rest > 0, next < position {
        slot = next &+ 4
        next = self[slot].load(0)
        rest &-= 1
      }
    }
    place.store(4, next)
    place.store(12, slot)
    self[slot].store(0, position)
    self[next].store(12, position &+ 4)
  }

  /// Takes the lists of another table over, each in its order.
  ///
  /// - Complexity: O(classes + free extents).
  @inlinable
  func takeOver(_ old: ExtentTable) {
    for word in 0..<3 { setBits(word, old.bits(word)) }
    for index in 0..<ExtentClass.count {
      var slot = Self.slot(index)
      var position = old.first(index)
      while position != Self.nobody {
        let place = old[position]
        position = place.load(4)
        place.store(12, slot)
        self[slot].store(0, self.position(place))
        slot = self.position(place) &+ 4
      }
      self[slot].store(0, Self.nobody)
    }
  }
}

/// Searches.
extension ExtentTable {
  /// The first class at or after `index` that has an extent, or nil.
  ///
  /// - Complexity: O(1) amortised, O(classes) at worst: a bit that is found wrong was set before.
  @inlinable
  func firstPresent(from index: Int) -> Int? {
    var word = index &>> 6
    var mask: UInt64 = .max &<< UInt64(truncatingIfNeeded: index)
    while word < 3 {
      var bits = bits(word) & mask
      while bits != 0 {
        let index = word &<< 6 &+ bits.trailingZeroBitCount
        if first(index) != Self.nobody { return index }
        forget(index)
        bits &= bits &- 1
      }
      word &+= 1
      mask = .max
    }
    return nil
  }

  /// The last class that has an extent, or nil.
  ///
  /// - Complexity: O(1) amortised, O(classes) at worst.
  @inlinable
  func lastPresent() -> Int? {
    var word = 2
    while word >= 0 {
      var bits = bits(word)
      while bits != 0 {
        let index = word &<< 6 &+ 63 &- bits.leadingZeroBitCount
        if first(index) != Self.nobody { return index }
        forget(index)
        bits &= ~(1 &<< UInt64(truncatingIfNeeded: index))
      }
      word &-= 1
    }
    return nil
  }

  /// Notes that a class was found empty.
  @inlinable
  func forget(_ index: Int) {
    setBits(index &>> 6, bits(index &>> 6) & ~(1 &<< UInt64(truncatingIfNeeded: index)))
  }

  /// The position of the first extent of a class that is long enough, or nobody's.
  ///
  /// - Complexity: O(extents of that class); O(1) below 64 units, where all of a class are as long.
  @inlinable
  func fit(_ count: Int, in index: Int) -> UInt {
    var position = first(index)
    while position != Self.nobody, self[position].tag.length < count {
      position = self[position].load(4)
    }
    return position
  }
}
