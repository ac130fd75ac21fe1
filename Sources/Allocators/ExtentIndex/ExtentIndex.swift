// SPDX-License-Identifier: GPL-2.0 OR MIT

// Extents with boundary tags, and an index over the free ones by class and by group of pages.
//
//     entry ──▶ branch ──▶ group ──▶ position ──▶ extent          (a lone group is its own root)
//
// Terms: see Extent.swift for extents, IndexNode.swift for the index.
//
// Verbs: *take* makes the beginning of a free extent an allocated one; the rest stays free. *Free*
// merges an extent with its free neighbours, which its header and that of the one after lead to.
//
// Invariants:
// - A page has an allocated extent. Where that is only its group's node, no other page of the group
//   has room for it.
// - The root counts the blocks. With the last of them, all pages are returned, whatever control data
//   they have.
//
// Source: free lists by class with bitmaps over them: M. Masmano, I. Ripoll, A. Crespo, J. Real,
// "TLSF: a new dynamic memory allocator for real-time systems", ECRTS 2004. Ours: lists by group of
// pages, so that low pages are preferred; positions for links, so that an extent of 8 bytes is enough.

public import Pages

/// A map of extents; `Fit` says from which of them a block is taken.
@safe
@frozen
public struct ExtentIndex<Fit: FitPolicy>: KernelMemoryAllocator, ~Copyable {
  /// The root of the index; nil while nothing is allocated.
  @usableFromInline var entry: IndexNode?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: that of the policy's search, and O(depth of the index).
  @inlinable
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let units = Units(pageBytes: source.pageBytes)
    guard size > 0, size <= units.pageBytes &- 8 else { return nil }
    let count = units.count(size)
    if let entry, let found = Fit.find(count, in: IndexView(entry, units)) {
      take(count, found, units)
      entry.blocks &+= 1
      return unsafe (found.place + 8).pointer
    }
    guard let place = takeInNewPage(count, units, &source) else { return nil }
    entry!.blocks &+= 1
    return unsafe (place + 8).pointer
  }

  /// Makes the beginning of a free extent that is listed an allocated one.
  @inlinable @inline(__always)
  func take(_ count: Int, _ found: FoundExtent, _ units: Units) {
    let header = found.place.header
    if found.firstOf != 0 {
      found.group.unlistFirst(header, of: found.firstOf, units)
    } else {
      found.group.unlist(header, units)
    }
    cut(count, at: found.place, header, in: found.group, units)
  }

  /// Makes the beginning of a free extent that is not listed an allocated one, and lists the rest.
  @inlinable @inline(__always)
  func cut(
    _ count: Int, at place: Place, _ header: ExtentHeader, in group: IndexNode, _ units: Units
  ) {
    let rest = header.length &- count
    if rest > 0 {
      let remainder = place + units.bytes(count)
      let after = remainder + units.bytes(rest)
      group.list(remainder, length: rest, before: count, page: header.page, units)
      if !units.isPageEnd(after) { after.header = after.header.with(before: rest) }
    }
    place.header = ExtentHeader(
      length: count, before: header.before, page: header.page, node: group.at - 8)
  }

  /// - Complexity: O(depth of the index).
  @inlinable
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let units = Units(pageBytes: source.pageBytes)
    let root = entry!
    let blocks = root.blocks &- 1
    root.blocks = blocks
    if blocks == 0 {
      returnAllPages(&source)
    } else {
      unsafe give(Place(block) - 8, units, &source)
    }
  }

  /// Makes an allocated extent free, and returns its page where that was the last.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ allocated: Place, _ units: Units, _ source: inout Source
  ) {
    var place = allocated
    let header = place.header
    let group = IndexNode(Place(at: header.nodeAddress) + 8)
    var length = header.length
    var before = header.before
    var after = place + units.bytes(length)
    if before != 0 {
      let leader = place - units.bytes(before)
      let header = leader.header
      if header.isFree {
        group.unlist(header, units)
        length &+= before
        before = header.before
        place = leader
      }
    }
    if !units.isPageEnd(after) {
      let header = after.header
      if header.isFree {
        group.unlist(header, units)
        length &+= header.length
        after = after + units.bytes(header.length)
        if !units.isPageEnd(after) { after.header = after.header.with(before: length) }
      } else {
        after.header = header.with(before: length)
      }
    }
    if length == units.perPage {
      close(place, header.page, group, units, &source)
      return
    }
    group.list(place, length: length, before: before, page: header.page, units)
    if header.page == Int(group.ownPage) { vacateIfIdle(group, units, &source) }
  }
}
