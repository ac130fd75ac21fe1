// SPDX-License-Identifier: GPL-2.0 OR MIT

// The resource map with boundary tags, and two of its classic fits; FirstFitResourceMap.swift has the third.
//
// State: the extent index (ExtentIndex.swift). A policy only chooses: best fit the shortest extent that
// is long enough, worst fit the longest. They compare lengths as the index does: exactly up to 63 units,
// then to within 1/32.
//
// Time: best fit looks at the extents of the request's own class, which may be too short: O(1) in the
// average, O(extents) where all are of that class. Worst fit is O(depth of the index).
//
// Source: U. Vahalia, "UNIX Internals", 12.3; D. E. Knuth, "The Art of Computer Programming", 2.5.

/// A resource map that takes the shortest extent that is long enough, the first of several.
public typealias BestFitResourceMap = ExtentIndex<BestFit>
/// A resource map that takes the longest extent, the first of several.
public typealias WorstFitResourceMap = ExtentIndex<WorstFit>

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
