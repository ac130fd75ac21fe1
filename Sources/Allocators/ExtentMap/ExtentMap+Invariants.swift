// SPDX-License-Identifier: GPL-2.0 OR MIT

// The map's invariants, checked: Leaf.swift and PageRecord.swift have them in words.

extension ExtentMap {
  /// - Complexity: O(pages × 512).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    let view = MapView(entry)
    guard let crown = view.crown else { return Self.holds(view.first) }
    var leaves = crown.leaves
    var words = [UInt64](repeating: 0, count: 56)
    while leaves != 0 {
      let number = leaves.trailingZeroBitCount
      let leaf = crown[number]
      guard Int(leaf.number) == number, Self.holds(leaf) else { return false }
      for index in 0..<56 where leaf.table[index] != 0 { words[index] |= 1 << UInt64(number) }
      leaves &= leaves &- 1
    }
    return Self.holds(crown.table, words)
  }

  /// Whether a table has these words, and says which of them are not 0.
  static func holds(_ table: ClassTable, _ words: [UInt64]) -> Bool {
    words.indices.allSatisfy {
      table[$0] == words[$0] && (table.present >> UInt64($0) & 1 == 1) == (words[$0] != 0)
    }
  }

  static func holds(_ leaf: Leaf) -> Bool {
    var words = [UInt64](repeating: 0, count: 56)
    var pages = 0
    for index in 0..<Int(leaf.capacity) {
      if leaf.table[ClassTable.vacant] >> UInt64(index) & 1 == 1 {
        words[ClassTable.vacant] |= 1 << UInt64(index)
        continue
      }
      pages += 1
      let record = leaf[index]
      guard holds(record) else { return false }
      for classIndex in 0..<55 where record.classes >> UInt64(classIndex) & 1 == 1 {
        words[classIndex] |= 1 << UInt64(index)
      }
    }
    return pages == Int(leaf.pages) && holds(leaf.table, words)
  }

  /// Whether each extent's class is noted, the page leads back, and no page but a home is all free.
  static func holds(_ record: PageRecord) -> Bool {
    var noted = true
    var longest = 0
    record.forEachExtent { _, length in
      longest = max(longest, length)
      if record.classes >> UInt64(Granules.floorClass(length)) & 1 == 0 { noted = false }
    }
    return noted && longest < Granules.perPage && record.page.load(0, as: Place.self) == record.at
      && record[7] >> 63 == 0
  }
}
