// SPDX-License-Identifier: GPL-2.0 OR MIT

// A page of the resource map: its free extents in address order, and its place in the tree of pages.
//
//     page │ header │ block │ extent ──┐ │ block │ block │ └─▶ extent │ block │
//              └───────────────▲
//     header   0 first extent, page shift × 2,048 │ 2 node │ 4 longest │ 6 longest below
//              two bytes each
//     extent   bits 0 … 10 length │ 11 … 21 next │ 22 … 63 left page, in 64 bytes
//              the next 8 bytes: right page, in the node only
//
// Terms: lengths are in *units* of 8 bytes, in pages above 8 KiB in units of page size / 1,024. A
// *position* counts units behind the header, from 1 on; 0 means none. The *node* of a page is its longest
// extent: the links of the tree lie in it. *Longest below* is the longest extent of the page and of all
// pages below it in the tree.
//
// Blocks have no header: `free` is told the size, and finds neighbours in the page's list.
//
// Invariants: extents of a page are in address order, and don't touch; a page is in the tree iff its
// longest extent has 2 units, which hold a node.

/// A page with free extents.
@frozen
@usableFromInline
struct MapPage: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  /// The links of a page in the tree.
  @frozen
  @usableFromInline
  struct Links: BitwiseCopyable {
    @usableFromInline var left: MapPage?
    @usableFromInline var right: MapPage?

    @inlinable
    init(_ left: MapPage?, _ right: MapPage?) {
      self.left = left
      self.right = right
    }
  }

  @inlinable func field(_ offset: Int) -> Int { Int(at.load(offset, as: UInt16.self)) }
  @inlinable func setField(_ offset: Int, _ value: Int) {
    at.store(offset, UInt16(truncatingIfNeeded: value))
  }
  /// The position of the first free extent.
  @inlinable var first: Int {
    get { field(0) & 0x7ff }
    nonmutating set { setField(0, field(0) & 0xf800 | newValue) }
  }
  /// The logarithm of the page size, for those who are not told it.
  @inlinable var pageShift: Int { field(0) &>> 11 }

  /// Makes this a page of one extent, which is not in the tree.
  @inlinable
  func open(_ units: Units) {
    setField(0, units.pageBytes.trailingZeroBitCount &<< 11)
    node = 0
    longest = 0
    first = 1
    setExtent(1, length: units.perMapPage, next: 0, units)
  }

  /// The position of the extent that the links lie in; 0 where the page is not in the tree.
  @inlinable var node: Int {
    get { field(2) }
    nonmutating set { setField(2, newValue) }
  }
  @inlinable var longest: Int {
    get { field(4) }
    nonmutating set { setField(4, newValue) }
  }
  @inlinable var longestBelow: Int {
    get { field(6) }
    nonmutating set { setField(6, newValue) }
  }

  /// The place of a position.
  @inlinable @inline(__always)
  func place(_ position: Int, _ units: Units) -> Place {
    at + (8 &+ units.bytes(position &- 1))
  }

  /// The length of the extent at a position.
  @inlinable
  func length(_ position: Int, _ units: Units) -> Int {
    Int(place(position, units).load(0, as: UInt64.self) & 0x7ff)
  }

  /// The position of the extent after the one at a position; the first where that is 0.
  @inlinable
  func next(_ position: Int, _ units: Units) -> Int {
    position == 0
      ? first : Int(place(position, units).load(0, as: UInt64.self) &>> 11 & 0x7ff)
  }

  /// Makes a position the beginning of an extent.
  @inlinable
  func setExtent(_ position: Int, length: Int, next: Int, _ units: Units) {
    place(position, units).store(0, UInt64(truncatingIfNeeded: length | next &<< 11))
  }

  /// Sets what comes after an extent, or first where `position` is 0. Links in the extent are lost.
  @inlinable
  func setNext(_ position: Int, _ next: Int, _ units: Units) {
    if position == 0 {
      first = next
    } else {
      setExtent(position, length: length(position, units), next: next, units)
    }
  }

  /// The links, of a page in the tree.
  @inlinable
  func links(_ units: Units) -> Links {
    let place = place(node, units)
    let left = UInt(truncatingIfNeeded: place.load(0, as: Int.self) &>> 22) &<< 6
    return Links(
      left == 0 ? nil : MapPage(Place(at: left)), place.load(8, as: MapPage?.self))
  }

  /// Sets the links, and the longest extent of what is below.
  @inlinable
  func setLinks(_ links: Links, _ units: Units) {
    let place = place(node, units)
    let left = UInt64(links.left?.at.address ?? 0) &>> 6
    place.store(0, place.load(0, as: UInt64.self) & 0x3f_ffff | left &<< 22)
    place.store(8, links.right)
    updateLongestBelow(links)
  }

  @inlinable
  func updateLongestBelow(_ links: Links) {
    longestBelow = max(longest, links.left?.longestBelow ?? 0, links.right?.longestBelow ?? 0)
  }

  /// The length and position of the longest extent, (0, 0) where there is none.
  ///
  /// - Complexity: O(extents of the page).
  @inlinable
  func longestExtent(_ units: Units) -> (length: Int, position: Int) {
    var longest = (length: 0, position: 0)
    var position = first
    while position != 0 {
      let length = length(position, units)
      if length > longest.length { longest = (length, position) }
      position = next(position, units)
    }
    return longest
  }
}

extension Units {
  /// Units of a page behind the map's header. The last is 8 bytes short where units are longer than that.
  @inlinable var perMapPage: Int { shift == 3 ? perPage : perPage &+ 1 }
  /// Units of a block without a header; longer ones leave 8 bytes unused, so that the last unit does.
  @inlinable
  func mapCount(_ size: Int) -> Int {
    (size &+ (shift == 3 ? 0 : 8) &+ (1 &<< shift) &- 1) &>> shift
  }
}
