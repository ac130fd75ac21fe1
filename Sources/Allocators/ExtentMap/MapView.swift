// SPDX-License-Identifier: GPL-2.0 OR MIT

// How a policy looks at the map: by class and in address order, a leaf alone or many under a crown.

/// Which of the extents that are long enough a block is taken from.
///
/// The types that it is asked about are this room's own, and so are the policies.
public protocol FitPolicy {
  /// A page with an extent of at least `count` granules, or nil where the policy finds none.
  static func find(_ count: Int, in map: MapView) -> MapView.Found?
  /// Whether an extent is to be taken rather than one at a lower address in the same page; both are
  /// long enough.
  static func prefers(_ length: Int, to other: Int) -> Bool
}

/// The tree of a map, to be searched.
@safe
@frozen
public struct MapView {
  /// A page, by leaf and place in the leaf.
  @safe
  @frozen
  public struct Found {
    @usableFromInline let leaf: Leaf
    @usableFromInline let index: Int

    @inlinable
    init(_ leaf: Leaf, _ index: Int) {
      self.leaf = leaf
      self.index = index
    }

    @inlinable var record: PageRecord { leaf[index] }
  }

  @usableFromInline let first: Leaf
  @usableFromInline let crown: Crown?

  @inlinable
  init(_ entry: Place) {
    first = Leaf(entry + 8)
    crown = first.crown
  }

  /// The classes that have an extent anywhere.
  @inlinable @inline(__always)
  var present: UInt64 {
    let table = crown?.table ?? first.table
    return table.present & (1 << 55 &- 1)
  }

  /// The first page that has an extent of one of two classes.
  @inlinable @inline(__always)
  func firstPage(_ index: Int, or other: Int) -> Found {
    var leaf = first
    if let crown {
      leaf = crown[(crown.table[index] | crown.table[other]).trailingZeroBitCount]
    }
    return Found(leaf, (leaf.table[index] | leaf.table[other]).trailingZeroBitCount)
  }

  /// Looks at all pages, in order, that have an extent of one of `classes`, until told to stop.
  @inlinable @inline(__always)
  func forEachPage(_ classes: UInt64, _ body: (Found) -> Bool) {
    guard let crown else {
      _ = Self.forEachPage(of: first, classes, body)
      return
    }
    var leaves = Self.union(crown.table, classes)
    while leaves != 0 {
      let leaf = crown[leaves.trailingZeroBitCount]
      if !Self.forEachPage(of: leaf, classes, body) { return }
      leaves &= leaves &- 1
    }
  }

  @inlinable @inline(__always)
  static func forEachPage(of leaf: Leaf, _ classes: UInt64, _ body: (Found) -> Bool) -> Bool {
    var pages = union(leaf.table, classes)
    while pages != 0 {
      if !body(Found(leaf, pages.trailingZeroBitCount)) { return false }
      pages &= pages &- 1
    }
    return true
  }

  /// The union of a table's words that `classes` names.
  @inlinable @inline(__always)
  static func union(_ table: ClassTable, _ classes: UInt64) -> UInt64 {
    var rest = table.present & classes
    var union: UInt64 = 0
    while rest != 0 {
      union |= table[rest.trailingZeroBitCount]
      rest &= rest &- 1
    }
    return union
  }
}
