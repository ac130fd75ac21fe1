// SPDX-License-Identifier: GPL-2.0 OR MIT

// The resource map with boundary tags, and two of its classic fits; FirstFitResourceMap.swift has the third.
//
// State: extents and lists of them (ExtentLists.swift). A policy only chooses: best fit the shortest extent
// that is long enough, worst fit the longest. They compare lengths as the classes do: exactly up to 63
// units, then to within 1/32.
//
// Time: best fit looks at the extents of the request's own class, which may be too short: O(1) in the
// average, O(extents) where all are of that class. Worst fit is O(1), but where all are too short.
//
// Source: U. Vahalia, "UNIX Internals", 12.3; D. E. Knuth, "The Art of Computer Programming", 2.5.

/// A resource map that takes the shortest extent that is long enough, the first of several.
public typealias BestFitResourceMap = ExtentLists<BestFit>
/// A resource map that takes the longest extent, the first of several.
public typealias WorstFitResourceMap = ExtentLists<WorstFit>

/// The shortest extent that is long enough.
@frozen
public enum BestFit: FitPolicy {
  /// With 2 in order instead of 16 the penalty is a tenth larger.
  @inlinable public static var ordered: Int { 16 }

  @inlinable @inline(__always)
  public static func find(_ count: Int, in table: ExtentTable) -> UInt {
    let own = table.fit(count, in: ExtentClass.floor(count))
    if own != ExtentTable.nobody { return own }
    guard let index = table.firstPresent(from: ExtentClass.ceiling(count)) else {
      return ExtentTable.nobody
    }
    return table.first(index)
  }
}

/// The longest extent.
@frozen
public enum WorstFit: FitPolicy {
  @inlinable public static var ordered: Int { 2 }

  @inlinable @inline(__always)
  public static func find(_ count: Int, in table: ExtentTable) -> UInt {
    guard let index = table.lastPresent(), index >= ExtentClass.floor(count) else {
      return ExtentTable.nobody
    }
    return table.fit(count, in: index)
  }
}
