// SPDX-License-Identifier: GPL-2.0 OR MIT

// A resource map: which granules are free, in address order, and where extents of a length are.
//
//     entry ──▶ leaf (or crown ──▶ leaves) ──▶ record ──▶ page
//
// Terms: see Granules.swift for granules and extents, Leaf.swift for the tree.
//
// Verbs: *place* takes granules out of an extent of a page; *free* puts them back, where they merge
// with the free granules beside them without any search: the map is the bits themselves.
//
// Invariants:
// - A granule is free iff its bit is 1, and then no block and no control data has a byte in it.
// - Every page but a home has at least one block; a home has one, or its leaf has another page, or it
//   holds the crown and there are at least two other leaves or one that is not idle.
//
// Resource maps: U. Vahalia, "UNIX Internals", 12.3. There the map is an array of (address, length)
// that is searched from its beginning; here which fit is chosen is a ``FitPolicy``.

public import Pages

/// A map of free extents; `Fit` says from which of them a block is taken.
@safe
@frozen
public struct ExtentMap<Fit: FitPolicy>: KernelMemoryAllocator, ~Copyable {
  /// The first leaf's home, or that of the leaf that has the crown; nil while nothing is allocated.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: that of the policy's search, and O(extents) of one page.
  @inlinable
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let pageBytes = source.pageBytes
    guard size > 0, size <= pageBytes &- 8 else { return nil }
    let shift = pageBytes.trailingZeroBitCount &- 9
    let count = Granules.count(size, shift: shift)
    if let entry, let found = Fit.find(count, in: MapView(entry)) {
      return unsafe place(count, in: found, shift: shift).pointer
    }
    return unsafe placeInNewPage(count, shift: shift, &source)?.pointer
  }

  /// - Complexity: O(1): the words of one record, and one bit in the tree.
  @inlinable
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let pageBytes = source.pageBytes
    let shift = pageBytes.trailingZeroBitCount &- 9
    let count = Granules.count(size, shift: shift)
    let place = unsafe Place(block)
    let page = place.roundedDown(to: pageBytes)
    let record: PageRecord = page.load(0)
    let start = (place - page &- 8) >> shift
    let before = record.freeBefore(start)
    let after = record.freeAfter(start &+ count)
    record.flip(start, count)
    let length = before &+ count &+ after
    let leaf = Leaf(record.at.roundedDown(to: pageBytes) + 8)
    if length == Granules.perPage {
      close(record, leaf, &source)
      return
    }
    let index = leaf.index(of: record)
    let added = Granules.floorClass(length)
    let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: added)
    let classes = record.classes
    if classes & bit == 0 {
      record.classes = classes | bit
      leaf.set(added, index)
    }
    if index == 0, length &+ Int(leaf.reserved) == Granules.perPage {
      closeIfIdle(leaf, &source)
    }
  }

  /// Takes granules out of the extent that the policy likes best in a page.
  @inlinable @inline(__always)
  func place(_ count: Int, in found: MapView.Found, shift: Int) -> Place {
    let record = found.leaf[found.index]
    var bestStart = 0
    var bestLength = 0
    var once: UInt64 = 0
    var twice: UInt64 = 0
    record.forEachExtent { start, length in
      let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: Granules.floorClass(length))
      twice |= once & bit
      once |= bit
      if length >= count, bestLength == 0 || Fit.prefers(length, to: bestLength) {
        bestStart = start
        bestLength = length
      }
    }
    let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: Granules.floorClass(bestLength))
    var classes = once & ~(bit & ~twice)
    if bestLength > count {
      classes |= 1 << UInt64(truncatingIfNeeded: Granules.floorClass(bestLength &- count))
    }
    record.flip(bestStart, count)
    found.leaf.update(record, found.index, classes: classes)
    return record.page + (8 &+ (bestStart << shift))
  }
}
