// SPDX-License-Identifier: GPL-2.0 OR MIT

// The map's tree: which page has an extent of which class, found in O(1).
//
//     crown   │ for each class a word: bit i is set iff leaf i has such a page │ leaf │ leaf │ …
//                                                                                │
//     leaf    │ for each class a word: bit j is set iff page j has such an extent│ record │ record │ …
//
// The lowest page that has an extent of a class is two counts of trailing zeros away. Word 55 of each
// tells of *vacant* places: records without a page.
//
// Invariants: bit j of a leaf's word k is set iff class k is in the classes of record j (k < 55), or
// iff record j is vacant (k = 55). A bit of `present` is set iff the word of its number is not 0. The
// same holds for the crown over the leaves.

/// A table of 56 words and the word that says which of them are not 0.
@frozen
@usableFromInline
struct ClassTable: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static var vacant: Int { 55 }
  @inlinable static var byteCount: Int { 8 &+ 56 &* 8 }

  @inlinable var present: UInt64 {
    get { at.load(0) }
    nonmutating set { at.store(0, newValue) }
  }
  @inlinable @inline(__always)
  subscript(index: Int) -> UInt64 {
    get { at.load(8 &+ 8 &* index) }
    nonmutating set { at.store(8 &+ 8 &* index, newValue) }
  }

  /// Sets a bit; whether it is the word's first.
  @inlinable @inline(__always)
  func set(_ index: Int, _ bit: Int) -> Bool {
    let word = self[index]
    self[index] = word | 1 << UInt64(truncatingIfNeeded: bit)
    guard word == 0 else { return false }
    present |= 1 << UInt64(truncatingIfNeeded: index)
    return true
  }

  /// Clears a bit; whether it was the word's last.
  @inlinable @inline(__always)
  func clear(_ index: Int, _ bit: Int) -> Bool {
    let word = self[index] & ~(1 << UInt64(truncatingIfNeeded: bit))
    self[index] = word
    guard word == 0 else { return false }
    present &= ~(1 << UInt64(truncatingIfNeeded: index))
    return true
  }
}

/// Up to 64 pages. The leaf lies at byte 8 of the first of them, its *home*.
@frozen
@usableFromInline
struct Leaf: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static var headerBytes: Int { ClassTable.byteCount &+ 16 }
  @inlinable static func byteCount(capacity: Int) -> Int {
    headerBytes &+ capacity &* PageRecord.byteCount
  }

  @inlinable var table: ClassTable { ClassTable(at) }
  /// The leaf's place in the crown.
  @inlinable var number: UInt16 {
    get { at.load(ClassTable.byteCount) }
    nonmutating set { at.store(ClassTable.byteCount, newValue) }
  }
  @inlinable var capacity: UInt16 {
    get { at.load(ClassTable.byteCount &+ 2) }
    nonmutating set { at.store(ClassTable.byteCount &+ 2, newValue) }
  }
  /// Pages, home included.
  @inlinable var pages: UInt16 {
    get { at.load(ClassTable.byteCount &+ 4) }
    nonmutating set { at.store(ClassTable.byteCount &+ 4, newValue) }
  }
  /// Granules of the home page that control data take.
  @inlinable var reserved: UInt16 {
    get { at.load(ClassTable.byteCount &+ 6) }
    nonmutating set { at.store(ClassTable.byteCount &+ 6, newValue) }
  }
  /// The crown above, if there is one.
  @inlinable var crown: Crown? {
    get { at.load(ClassTable.byteCount &+ 8, as: Crown?.self) }
    nonmutating set { at.store(ClassTable.byteCount &+ 8, newValue) }
  }
  @inlinable @inline(__always)
  subscript(index: Int) -> PageRecord {
    PageRecord(at + (Self.headerBytes &+ index &* PageRecord.byteCount))
  }

  /// The number of a record of this leaf.
  @inlinable @inline(__always)
  func index(of record: PageRecord) -> Int {
    (record.at - at &- Self.headerBytes) / PageRecord.byteCount
  }

  /// Sets a bit here, and above where it is the first.
  @inlinable @inline(__always)
  func set(_ word: Int, _ bit: Int) {
    if table.set(word, bit), let crown { _ = crown.table.set(word, Int(number)) }
  }

  /// Clears a bit here, and above where it was the last.
  @inlinable @inline(__always)
  func clear(_ word: Int, _ bit: Int) {
    if table.clear(word, bit), let crown { _ = crown.table.clear(word, Int(number)) }
  }

  /// Makes a record's classes those of `classes`.
  @inlinable @inline(__always)
  func update(_ record: PageRecord, _ index: Int, classes: UInt64) {
    let old = record.classes
    var gone = old & ~classes
    var new = classes & ~old
    record.classes = classes
    while gone != 0 {
      clear(gone.trailingZeroBitCount, index)
      gone &= gone &- 1
    }
    while new != 0 {
      set(new.trailingZeroBitCount, index)
      new &= new &- 1
    }
  }
}

/// Up to 64 leaves. It lies behind the leaf that was made with it.
@frozen
@usableFromInline
struct Crown: BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static var byteCount: Int { ClassTable.byteCount &+ 8 &+ 64 &* 8 }

  @inlinable var table: ClassTable { ClassTable(at) }
  /// Which places have a leaf.
  @inlinable var leaves: UInt64 {
    get { at.load(ClassTable.byteCount) }
    nonmutating set { at.store(ClassTable.byteCount, newValue) }
  }
  @inlinable @inline(__always)
  subscript(number: Int) -> Leaf {
    get { at.load(ClassTable.byteCount &+ 8 &+ 8 &* number) }
    nonmutating set { at.store(ClassTable.byteCount &+ 8 &+ 8 &* number, newValue) }
  }
}
