// SPDX-License-Identifier: GPL-2.0 OR MIT

// The resource map and its three classic fits.
//
// State: the extent map (ExtentMap.swift). A policy only chooses: first fit the extent at the lowest
// place, best fit the shortest that is long enough, worst fit the longest. Lengths are compared in
// granules, of which a page has 512.
//
// Time: first fit O(classes) words of each leaf; pages of the request's own class are looked into, as
// their extents may be too short. Best and worst fit look into all pages that have an extent of one
// class: O(1) in the average, O(pages) at worst, where all extents are of one class.
//
// Source: U. Vahalia, "UNIX Internals", 12.3; D. E. Knuth, "The Art of Computer Programming", 2.5.

/// A resource map that takes the first extent that is long enough.
public typealias FirstFitResourceMap = ExtentMap<FirstFit>
/// A resource map that takes the shortest extent that is long enough, the first of several.
public typealias BestFitResourceMap = ExtentMap<BestFit>
/// A resource map that takes the longest extent, the first of several.
public typealias WorstFitResourceMap = ExtentMap<WorstFit>

/// The first extent that is long enough.
@frozen
public enum FirstFit: FitPolicy {
  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: MapView) -> MapView.Found? {
    let floor = Granules.floorClass(count)
    let certain = UInt64.max << UInt64(truncatingIfNeeded: Granules.ceilingClass(count))
    var result: MapView.Found?
    map.forEachPage(.max << UInt64(truncatingIfNeeded: floor) & (1 << 55 &- 1)) { found in
      // Only extents of the lowest class may be too short.
      if found.record.classes & certain != 0 || found.record.longest(atLeast: count) > 0 {
        result = found
        return false
      }
      return true
    }
    return result
  }

  @inlinable @inline(__always)
  public static func prefers(_ length: Int, to other: Int) -> Bool { false }
}

/// The shortest extent that is long enough.
@frozen
public enum BestFit: FitPolicy {
  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: MapView) -> MapView.Found? {
    var classes = map.present & (.max << UInt64(truncatingIfNeeded: Granules.floorClass(count)))
    while classes != 0 {
      // The shortest of the first class that has any; no later class has a shorter one.
      let index = classes.trailingZeroBitCount
      var shortest = Int.max
      var result: MapView.Found?
      map.forEachPage(1 << UInt64(truncatingIfNeeded: index)) { found in
        let length = found.record.shortest(atLeast: count)
        // What is noted of a page may be out of date: the extent may have grown into a later class.
        if length < shortest, Granules.floorClass(length) == index {
          shortest = length
          result = found
        }
        return shortest > count
      }
      if let result { return result }
      classes &= classes &- 1
    }
    return nil
  }

  @inlinable @inline(__always)
  public static func prefers(_ length: Int, to other: Int) -> Bool { length < other }
}

/// The longest extent.
@frozen
public enum WorstFit: FitPolicy {
  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: MapView) -> MapView.Found? {
    var classes = map.present & (.max << UInt64(truncatingIfNeeded: Granules.floorClass(count)))
    while classes != 0 {
      let index = 63 &- classes.leadingZeroBitCount
      var longest = count &- 1
      var result: MapView.Found?
      map.forEachPage(1 << UInt64(truncatingIfNeeded: index)) { found in
        let length = found.record.longest(atLeast: count)
        if length > longest {
          longest = length
          result = found
        }
        return true
      }
      if let result { return result }
      classes &= ~(1 << UInt64(truncatingIfNeeded: index))
    }
    return nil
  }

  @inlinable @inline(__always)
  public static func prefers(_ length: Int, to other: Int) -> Bool { length > other }
}

extension PageRecord {
  /// The length of the longest extent, 0 where none has `count`.
  @inlinable
  func longest(atLeast count: Int) -> Int {
    var longest = 0
    forEachExtent { _, length in if length > longest { longest = length } }
    return longest >= count ? longest : 0
  }

  /// The length of the shortest extent that has `count`, `Int.max` where none has.
  @inlinable
  func shortest(atLeast count: Int) -> Int {
    var shortest = Int.max
    forEachExtent { _, length in if length >= count, length < shortest { shortest = length } }
    return shortest
  }
}
