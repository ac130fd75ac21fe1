// SPDX-License-Identifier: GPL-2.0 OR MIT

// The resource map without headers, with first fit over pages: the page of the lowest address that has a
// long enough extent, and in it the shortest such extent.
//
//     entry ──▶ page ──┬─ lower pages            see MapPageTree.swift for the tree,
//                      └─ higher pages           MapPage.swift for a page
//
// First fit in the strict sense takes the first extent of the page. In a placement study without any
// control data that gave penalties of 3.95, 0.595 and 0.312 on traces 1 to 3; the shortest in the first
// page gave 3.48, 0.574 and 0.316.
//
// State: 8 bytes a page; all else lies in free extents.
//
// Invariants: a page has a block; see also MapPage.swift.
//
// Time: O(log pages) in the average and O(extents of a page), 512 at most, for both verbs.
//
// Source: U. Vahalia, "UNIX Internals", 12.3; D. E. Knuth, "The Art of Computer Programming", 2.5.

public import Pages

/// A resource map that takes the first page with an extent that is long enough, and the shortest there.
@safe
@frozen
public struct FirstFitResourceMap: KernelMemoryAllocator, ~Copyable {
  /// The root of the tree of pages; nil while no page has room.
  @usableFromInline var entry: MapPage?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: O(log pages) in the average, O(extents of a page).
  @inlinable
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let units = Units(pageBytes: source.pageBytes)
    guard size > 0, size <= units.pageBytes &- 8 else { return nil }
    let count = units.mapCount(size)
    let page: MapPage
    var links: MapPage.Links?
    if let found = MapPageTree.first(count, entry, units) {
      page = found
      links = page.links(units)
    } else {
      guard let taken = source.takePage() else { return nil }
      page = MapPage(taken)
      page.open(units)
    }
    let place = page.place(Self.take(count, in: page, units), units)
    settle(page, links, units)
    return unsafe place.pointer
  }

  /// Makes the beginning of the shortest long enough extent of a page a block.
  @inlinable
  static func take(_ count: Int, in page: MapPage, _ units: Units) -> Int {
    var leader = 0
    var position = page.first
    var best = (leader: 0, position: 0, length: Int.max)
    while position != 0 {
      let length = page.length(position, units)
      if length >= count, length < best.length { best = (leader, position, length) }
      leader = position
      position = page.next(position, units)
    }
    let next = page.next(best.position, units)
    let rest = best.length &- count
    if rest > 0 {
      page.setExtent(best.position &+ count, length: rest, next: next, units)
      page.setNext(best.leader, best.position &+ count, units)
    } else {
      page.setNext(best.leader, next, units)
    }
    return best.position
  }

  /// - Complexity: O(log pages) in the average, O(extents of the page).
  @inlinable
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let units = Units(pageBytes: source.pageBytes)
    let place = unsafe Place(block)
    let page = MapPage(place.roundedDown(to: units.pageBytes))
    let links = page.node == 0 ? nil : page.links(units)
    var position = (place - page.at - 8) &>> units.shift &+ 1
    var length = units.mapCount(size)
    var beforeLeader = 0
    var leader = 0
    var next = page.first
    while next != 0, next < position {
      beforeLeader = leader
      leader = next
      next = page.next(next, units)
    }
    if next == position &+ length {
      length &+= page.length(next, units)
      next = page.next(next, units)
    }
    if leader != 0, leader &+ page.length(leader, units) == position {
      length &+= page.length(leader, units)
      position = leader
      leader = beforeLeader
    }
    if length == units.perMapPage {
      if let links, let root = entry { entry = MapPageTree.remove(page, links, root, units) }
      source.returnPage(page.at)
      return
    }
    page.setExtent(position, length: length, next: next, units)
    page.setNext(leader, position, units)
    settle(page, links, units)
  }

  /// Makes a page's longest extent its node, and tells the tree; `links` are those it had there.
  @inlinable
  mutating func settle(_ page: MapPage, _ links: MapPage.Links?, _ units: Units) {
    let longest = page.longestExtent(units)
    let old = page.longest
    page.longest = longest.length
    page.node = longest.length > 1 ? longest.position : 0
    guard let links else {
      if page.node != 0 { entry = MapPageTree.insert(page, entry, units) }
      return
    }
    guard let root = entry else { return }
    if page.node == 0 {
      entry = MapPageTree.remove(page, links, root, units)
      return
    }
    let below = page.longestBelow
    page.setLinks(links, units)
    guard longest.length != old else { return }
    page.longestBelow = below
    MapPageTree.refresh(page, was: old, root, units)
  }

  /// - Complexity: O(extents).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    let units = Units(pageBytes: 1 << entry.pageShift)
    return MapPageTree.holds(entry, units, after: 0, before: .max)
  }
}
