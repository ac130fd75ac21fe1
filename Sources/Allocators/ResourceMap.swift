// SPDX-License-Identifier: GPL-2.0 OR MIT

// The resource map and its three classic fits.
//
// State: the extent index (ExtentIndex.swift). A policy only chooses: first fit the extent that comes
// first in the map, best fit the shortest that is long enough, worst fit the longest. Best and worst
// fit compare lengths as the index does: exactly up to 63 units, then to within 1/32.
//
// Time: first fit adds up the words of all classes that may fit, 192 at most, at each level of the
// index, and looks at the extents of one group of 7 pages. Best fit looks at the extents of the
// request's own class, which may be too short: O(1) in the average, O(extents) where all are of that
// class. Worst fit is O(depth of the index).
//
// Source: U. Vahalia, "UNIX Internals", 12.3; D. E. Knuth, "The Art of Computer Programming", 2.5.

/// A resource map that takes the first extent that is long enough.
public typealias FirstFitResourceMap = ExtentIndex<FirstFit>
/// A resource map that takes the shortest extent that is long enough, the first of several.
public typealias BestFitResourceMap = ExtentIndex<BestFit>
/// A resource map that takes the longest extent, the first of several.
public typealias WorstFitResourceMap = ExtentIndex<WorstFit>

/// The first extent that is long enough.
@frozen
public enum FirstFit: FitPolicy {
  @inlinable public static var pagesPerGroup: Int { 8 }

  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: IndexView) -> FoundExtent? {
    let floor = ExtentClass.floor(count)
    // Only a whole page is longer than all classes.
    return floor < ExtentClass.count ? find(count, floor, map.root, map.units) : nil
  }

  /// - Complexity: O(192) at each level, O(extents of a group); groups are tried one after the other
  ///   where the extents of the request's own class turn out to be too short.
  @inlinable
  static func find(
    _ count: Int, _ floor: Int, _ node: IndexNode, _ units: Units
  ) -> FoundExtent? {
    if node.level == 0 { return first(count, floor, node, units) }
    var children = node.union(from: floor, words: ExtentClass.count &- floor)
    while children != 0 {
      let child = node.child(children.trailingZeroBitCount)
      if let found = find(count, floor, child, units) { return found }
      children &= children &- 1
    }
    return nil
  }

  /// The extent of a group with the lowest position.
  @inlinable
  static func first(
    _ count: Int, _ floor: Int, _ group: IndexNode, _ units: Units
  ) -> FoundExtent? {
    var lowest = Int.max
    var word = floor &>> 6
    var bits = group.present(word) & (.max &<< UInt64(truncatingIfNeeded: floor))
    while true {
      while bits != 0 {
        let index = word &<< 6 &+ bits.trailingZeroBitCount
        var position = group.first(index)
        while position != 0 {
          let header = group.place(position, units).header
          if position < lowest, header.length >= count { lowest = position }
          position = header.next
        }
        bits &= bits &- 1
      }
      word &+= 1
      if word > 2 { break }
      bits = group.present(word)
    }
    return lowest == .max ? nil : FoundExtent(group, group.place(lowest, units))
  }
}

/// The shortest extent that is long enough.
@frozen
public enum BestFit: FitPolicy {
  @inlinable public static var pagesPerGroup: Int { 32 }

  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: IndexView) -> FoundExtent? {
    if let found = map.fitOfOwnClass(count) { return found }
    var node = map.root
    guard let index = node.firstPresent(from: ExtentClass.ceiling(count)) else { return nil }
    while node.level > 0 { node = node.child(node[index].trailingZeroBitCount) }
    return map.first(index, node)
  }
}

/// The longest extent.
@frozen
public enum WorstFit: FitPolicy {
  @inlinable public static var pagesPerGroup: Int { 32 }

  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: IndexView) -> FoundExtent? {
    var node = map.root
    guard let index = node.lastPresent(from: ExtentClass.ceiling(count)) else {
      return map.fitOfOwnClass(count)
    }
    while node.level > 0 { node = node.child(node[index].trailingZeroBitCount) }
    return map.first(index, node)
  }
}
