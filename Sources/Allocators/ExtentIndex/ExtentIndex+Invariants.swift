// SPDX-License-Identifier: GPL-2.0 OR MIT

// The invariants of Extent.swift and IndexNode.swift, checked.

extension ExtentIndex {
  /// - Complexity: O(extents + nodes × classes).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    return entry.parent == nil && entry.blocks > 0 && Self.holds(entry)
  }

  static func holds(_ node: IndexNode) -> Bool {
    if node.level == 0 { return node.groupHolds }
    var words = [UInt64](repeating: 0, count: IndexNode.wordCount)
    guard node.children & (node.children &- 1) != 0 else { return false }
    for slot in 0..<64 {
      var hasRoom = true
      if node.children >> UInt64(slot) & 1 == 1 {
        let child = node.child(slot)
        guard child.parent == node, Int(child.slot) == slot, child.level < node.level, holds(child)
        else { return false }
        for index in 0..<ExtentClass.count where child.isPresent(index) {
          words[index] |= 1 << UInt64(slot)
        }
        hasRoom = child.level + 1 < node.level || child.level > 0 && child.room != 0
      }
      guard (node.room >> UInt64(slot) & 1 == 1) == hasRoom else { return false }
    }
    return words.indices.allSatisfy { node[$0] == words[$0] }
      && (0..<ExtentClass.count).allSatisfy { node.isPresent($0) == (words[$0] != 0) }
  }
}

extension IndexNode {
  /// Whether the group's pages are sound, and its lists have just their free extents.
  var groupHolds: Bool {
    let units = Units(pageBytes: pageBytes)
    var listed = 0
    guard isPresent(0) == (room != 0) else { return false }
    for index in 2..<ExtentClass.count {
      var previous = 0
      var position = first(index)
      guard isPresent(index) == (position != 0) else { return false }
      while position != 0 {
        let header = place(position, units).header
        guard header.isFree, header.previous == previous, ExtentClass.floor(header.length) == index
        else { return false }
        listed += 1
        previous = position
        position = header.next
      }
    }
    for number in 1..<Int(capacity) where room >> UInt64(number) & 1 == 0 {
      guard let free = freeExtents(number, units) else { return false }
      listed -= free
    }
    return listed == 0
  }

  /// How many free extents a page has that are listed, or nil where the page is not sound.
  func freeExtents(_ number: Int, _ units: Units) -> Int? {
    var offset = 0
    var before = 0
    var wasFree = false
    var free = 0
    while offset < units.perPage {
      let header = (page(number) + units.bytes(offset)).header
      guard header.before == before, header.page == number else { return nil }
      if header.isFree {
        guard !wasFree, header.length < units.perPage else { return nil }
        if header.length > 1 { free += 1 }
      } else if header.nodeAddress != (at - 8).address {
        return nil
      }
      wasFree = header.isFree
      before = header.length
      offset += before
    }
    return offset == units.perPage ? free : nil
  }
}
