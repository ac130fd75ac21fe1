// SPDX-License-Identifier: GPL-2.0 OR MIT

// The invariants of Extent.swift and ExtentTable.swift, checked.

extension ExtentLists {
  /// - Complexity: O(extents of the pages that have a free one, + classes).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    let table = ExtentTable(entry)
    let units = Units(pageBytes: 1 << table.pageShift)
    var listed: [UInt: Int] = [:]
    for index in 0..<ExtentTable.slotCount {
      var slot = ExtentTable.slot(index)
      var position = table.first(index)
      while position != ExtentTable.nobody {
        guard index < ExtentClass.count, table.bits(index >> 6) >> UInt64(index & 63) & 1 == 1
        else { return false }
        let place = table[position]
        guard place.tag.isListed, ExtentClass.floor(place.tag.length) == index,
          place.load(12, as: UInt.self) == slot
        else { return false }
        listed[place.roundedDown(to: units.pageBytes).address, default: 0] += 1
        slot = position &+ 4
        position = place.load(4)
      }
    }
    guard listed.count <= table.pages else { return false }
    listed[table.extent.roundedDown(to: units.pageBytes).address, default: 0] += 0
    return listed.allSatisfy { Self.listedExtents(Place(at: $0.key), units) == $0.value }
  }

  /// How many extents of a page are in lists, by what it says itself; nil where the page is not sound.
  static func listedExtents(_ page: Place, _ units: Units) -> Int? {
    var offset = 0
    var freeBefore = 0
    var listed = 0
    while offset < units.perPage {
      let place = page + (4 + units.bytes(offset))
      let tag = place.tag
      guard place.freeBefore == freeBefore, tag.length > 0, !tag.isFree || freeBefore == 0,
        tag.isListed == (tag.isFree && tag.length >= units.leastListed)
      else { return nil }
      if tag.isListed { listed += 1 }
      freeBefore = tag.freeLength
      offset += tag.length
    }
    let end = page + (4 + units.bytes(units.perPage))
    let isSound = offset == units.perPage && end.freeBefore == freeBefore && end.tag.bits == 0
    return isSound ? listed : nil
  }
}
