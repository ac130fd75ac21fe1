// SPDX-License-Identifier: GPL-2.0 OR MIT

// Extents with boundary tags, and lists of the free ones by class.
//
//     entry ──▶ table ──▶ first of a class ⇄ next ⇄ …          see ExtentTable.swift
//
// Verbs: *take* makes the beginning of a free extent an allocated one; the rest stays free. *Free*
// merges an extent with its free neighbours: the size says where the one after begins, the header how
// long the one before is.
//
// Invariants:
// - A page that is held has an allocated extent, or is a single block of more than the largest extent.
// - The table's page holds something else too, where there are other pages, few of them, and one has
//   room for the table.
//
// Nearly nothing here branches on what is not known in advance: a merge that doesn't happen, and the
// place in a list, are selected among addresses. Two mispredicted branches cost as much as all the rest.
//
// Source: lists by class with a bit for each: M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a new
// dynamic memory allocator for real-time systems", ECRTS 2004. Ours: lists that begin in order of
// address, so that low pages are preferred; slots and extents that are none, in place of questions.

public import Pages

/// Which free extent a block is taken from.
public protocol FitPolicy {
  /// How many extents at the beginning of each list are to be in order of address, 2 at least.
  static var ordered: Int { get }
  /// The position of a free extent of at least `count` units; nobody's where the policy finds none.
  static func find(_ count: Int, in table: ExtentTable) -> UInt
}

/// A map of extents; `Fit` says from which of them a block is taken.
@safe
@frozen
public struct ExtentLists<Fit: FitPolicy>: KernelMemoryAllocator, ~Copyable {
  /// The table of lists; nil while nothing is allocated but whole pages.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: that of the policy's search; all else is O(1).
  @inlinable @inline(__always)
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let units = Units(pageBytes: source.pageBytes)
    guard size > 0, size <= units.largestRequest else {
      return unsafe allocateWholePage(size, &source)?.pointer
    }
    let count = units.count(size)
    guard let entry else { return unsafe allocateFirst(count, units, &source)?.pointer }
    let table = ExtentTable(entry)
    let position = Fit.find(count, in: table)
    guard position != ExtentTable.nobody else {
      return unsafe takeInNewPage(count, units, table, &source)?.pointer
    }
    let place = table[position]
    take(count, place, units, table)
    return unsafe (place + 4).pointer
  }

  /// Makes the beginning of a free extent that is listed an allocated one.
  @inlinable @inline(__always)
  func take(_ count: Int, _ place: Place, _ units: Units, _ table: ExtentTable) {
    let length = place.tag.length
    table.unlist(place)
    place.tag = ExtentTag(length: count)
    leave(length &- count, place + units.bytes(length), units, table)
  }

  /// Makes what is left up to `end`, where an extent begins, a free extent.
  @inlinable @inline(__always)
  func leave(_ rest: Int, _ end: Place, _ units: Units, _ table: ExtentTable) {
    end.freeBefore = rest
    guard rest > 0 else { return }
    let place = end - units.bytes(rest)
    let isListed = rest >= units.leastListed
    place.tag = ExtentTag(freeLength: rest, isListed: isListed)
    place.freeBefore = 0
    if isListed { table.list(place, length: rest, ordered: Fit.ordered) }
  }

  /// - Complexity: O(1), and O(32 pages' free extents) where the table's page becomes idle.
  @inlinable @inline(__always)
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let units = Units(pageBytes: source.pageBytes)
    guard size <= units.largestRequest else {
      unsafe source.returnPage(Place(block) - 8)
      return
    }
    let table = ExtentTable(entry!)
    let place = unsafe Place(block) - 4
    let count = units.count(size)
    let after = place + units.bytes(count)
    let afterTag = after.tag
    // Without a free extent before it, an extent stands for that itself: it is in no list.
    let before = place.freeBefore
    let start = place - units.bytes(before)
    let outsider = table[ExtentTable.outsider]
    table.unlist(start.tag.isListed ? start : outsider)
    table.unlist(afterTag.isListed ? after : outsider)
    let length = before &+ count &+ afterTag.freeLength
    if length == units.perPage {
      close(start - 4, units, table, &source)
      return
    }
    (start + units.bytes(length)).freeBefore = length
    start.tag = ExtentTag(freeLength: length, isListed: true)
    start.freeBefore = 0
    table.list(start, length: length, ordered: Fit.ordered)
    if start.address ^ table.at.address < UInt(bitPattern: units.pageBytes) {
      vacateIfIdle(units, table, &source)
    }
  }
}
