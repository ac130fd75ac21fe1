// SPDX-License-Identifier: GPL-2.0 OR MIT

// How the map's pages come and go.
//
//     home page   │ 8 │ leaf: tables, records │ crown? │ ······ blocks ······ │
//     other page  │ 8 │ ················· blocks ·························· │
//
// The first leaf has 8 records, so that a few blocks fit beside it; later ones have half as many as
// there are pages already, up to what fits. The crown comes with the second leaf.

public import Pages

extension ExtentMap {
  /// Takes a page and places a block at its beginning.
  @inlinable @inline(never)
  mutating func placeInNewPage<Source: PageSource & ~Copyable>(
    _ count: Int, shift: Int, _ source: inout Source
  ) -> Place? {
    if entry == nil { guard openLeaf(shift, &source) else { return nil } }
    var view = MapView(entry!)
    // Where a new leaf's home has room for the block, it is placed there.
    if (view.crown?.table ?? view.first.table)[ClassTable.vacant] == 0 {
      guard openLeaf(shift, &source) else { return nil }
      view = MapView(entry!)
    }
    let leaf = view.firstPage(ClassTable.vacant, or: ClassTable.vacant).leaf
    if leaf.pages == 1, let found = homeWithRoom(leaf, count) {
      return place(count, in: found, shift: shift)
    }
    guard let page = source.takePage() else {
      closeIfIdle(leaf, &source)
      return nil
    }
    let index = leaf.table[ClassTable.vacant].trailingZeroBitCount
    let record = leaf[index]
    record.open(page)
    leaf.clear(ClassTable.vacant, index)
    leaf.pages &+= 1
    record.flip(0, count)
    if count < Granules.perPage {
      let classes: UInt64 =
        1 << UInt64(truncatingIfNeeded: Granules.floorClass(Granules.perPage &- count))
      leaf.update(record, index, classes: classes)
    }
    return page + 8
  }

  /// The home of a leaf that has just been opened, where the block fits beside the control data.
  @inlinable
  func homeWithRoom(_ leaf: Leaf, _ count: Int) -> MapView.Found? {
    let reserved = Int(leaf.reserved)
    guard leaf[0].freeAfter(reserved) >= count else { return nil }
    return MapView.Found(leaf, 0)
  }

  /// Takes a page as the home of a new leaf, and of the crown where this is the second leaf.
  @inlinable
  mutating func openLeaf<Source: PageSource & ~Copyable>(
    _ shift: Int, _ source: inout Source
  ) -> Bool {
    let old = entry.map { MapView($0) }
    if let crown = old?.crown, crown.leaves == .max { return false }
    guard let page = source.takePage() else { return false }
    let pageBytes = 512 << shift
    let most = pageBytes >= 8192 ? 64 : 32
    let capacity = old == nil ? 8 : min(most, max(8, (source.statistics.inUse / 2) & ~7))
    let leaf = Leaf(page + 8)
    leaf.at.clear(Leaf.byteCount(capacity: capacity))
    leaf.capacity = UInt16(truncatingIfNeeded: capacity)
    leaf.pages = 1
    var controlBytes = Leaf.byteCount(capacity: capacity)
    if let old {
      let crown: Crown
      if let known = old.crown {
        crown = known
      } else {
        crown = Crown(leaf.at + controlBytes)
        crown.at.clear(Crown.byteCount)
        controlBytes &+= Crown.byteCount
        adopt(old.first, crown)
        entry = page
      }
      adopt(leaf, crown)
    } else {
      entry = page
    }
    for index in 1..<capacity { leaf.set(ClassTable.vacant, index) }
    let reserved = Granules.count(controlBytes, shift: shift)
    leaf.reserved = UInt16(truncatingIfNeeded: reserved)
    let home = leaf[0]
    home.open(page)
    home.flip(0, reserved)
    let classes: UInt64 =
      1 << UInt64(truncatingIfNeeded: Granules.floorClass(Granules.perPage &- reserved))
    leaf.update(home, 0, classes: classes)
    return true
  }

  /// Gives a leaf a place under the crown.
  @inlinable
  func adopt(_ leaf: Leaf, _ crown: Crown) {
    let number = (~crown.leaves).trailingZeroBitCount
    crown.leaves |= 1 << UInt64(truncatingIfNeeded: number)
    crown[number] = leaf
    leaf.number = UInt16(truncatingIfNeeded: number)
    leaf.crown = crown
    var words = leaf.table.present
    while words != 0 {
      _ = crown.table.set(words.trailingZeroBitCount, number)
      words &= words &- 1
    }
  }

  /// Returns a page that holds nothing, and its leaf where that holds nothing else.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(
    _ record: PageRecord, _ leaf: Leaf, _ source: inout Source
  ) {
    let index = leaf.index(of: record)
    leaf.update(record, index, classes: 0)
    leaf.set(ClassTable.vacant, index)
    leaf.pages &-= 1
    source.returnPage(record.page)
    closeIfIdle(leaf, &source)
  }

  /// Returns a leaf's home where it holds nothing but control data that nobody needs.
  @inlinable @inline(never)
  mutating func closeIfIdle<Source: PageSource & ~Copyable>(
    _ leaf: Leaf, _ source: inout Source
  ) {
    guard isIdle(leaf) else { return }
    let home = leaf[0].page
    guard let crown = leaf.crown else {
      entry = nil
      source.returnPage(home)
      return
    }
    let others = crown.leaves & ~(1 << UInt64(truncatingIfNeeded: Int(leaf.number)))
    if home == entry! {
      // The crown goes with its leaf, where at most one other is left.
      guard others & (others &- 1) == 0 else { return }
      if others == 0 {
        entry = nil
      } else {
        let last = crown[others.trailingZeroBitCount]
        last.crown = nil
        entry = last.at - 8
      }
      source.returnPage(home)
      return
    }
    var words = leaf.table.present
    while words != 0 {
      _ = crown.table.clear(words.trailingZeroBitCount, Int(leaf.number))
      words &= words &- 1
    }
    crown.leaves = others
    source.returnPage(home)
    closeIfIdle(Leaf(entry! + 8), &source)
  }

  /// Whether a leaf has no page but its home, and that no block.
  @inlinable
  func isIdle(_ leaf: Leaf) -> Bool {
    guard leaf.pages == 1 else { return false }
    let reserved = Int(leaf.reserved)
    return leaf[0].freeAfter(reserved) &+ reserved == Granules.perPage
  }
}
