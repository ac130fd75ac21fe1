// SPDX-License-Identifier: GPL-2.0 OR MIT

// Ours: a near-best fit in the lowest group of pages.
//
//     request ──▶ length n ──▶ least class c whose extents all have n
//
//     1. near:   c′ = the first class from c on that has an extent anywhere; of the extents of c′ and
//                the classes that begin soon behind it (see the window), one in the lowest group
//     2. own:    otherwise an extent of n's own class that happens to have n: one of them is tried
//     3. new:    otherwise a new page
//
// Best fit alone leaves the least splinters, but takes them anywhere; first fit keeps to low pages, but
// splinters them. A near-best fit in the lowest pages does both, and high pages drain: most of the
// waste of a trace arises where it shrinks. In a placement study on `100000 log 8 8000 early` a window
// of 192 bytes did best (0.201; 0.210 with 64, 0.203 with 256, 0.207 with one in proportion to the
// length). Groups of 32 pages did as well as single pages, so that nothing is searched in them. As
// built, windows of 24, 12, 8 and 2 classes gave 0.194 to 0.208 with seeds 1 to 7; with 4
// classes instead of 2, 0.194 to 0.218.
//
// Time: O(depth of the index) for both verbs: 1 for 31 pages, 2 for 1,984, 3 for 126,976.
//
// Source: ours; the placement of best and first fit are P. R. Wilson et al., "Dynamic Storage
// Allocation: A Survey and Critical Review", IWMM 1995, section 3.

/// Near-best fit in the lowest pages.
public typealias NearBestFit = ExtentIndex<NearBestLowest>

/// The lowest group with an extent that fits nearly.
@frozen
public enum NearBestLowest: FitPolicy {
  @inlinable public static var pagesPerGroup: Int { 32 }

  /// How many classes, from the first on, are as good as it: about 24 units up to 128, and twice the
  /// width of a class above 256; 2, or a multiple of 4.
  @inlinable @inline(__always)
  static func window(_ index: Int) -> Int {
    if index < 64 { return 24 }
    if index < 96 { return 12 }
    return index < 128 ? 8 : 2
  }

  /// - Complexity: O(depth of the index).
  @inlinable @inline(__always)
  public static func find(_ count: Int, in map: IndexView) -> FoundExtent? {
    var node = map.root
    guard var index = node.firstPresent(from: ExtentClass.ceiling(count)) else {
      return map.lowFitOfOwnClass(count)
    }
    let words = window(index)
    while node.level > 0 {
      node = node.child(node.union(from: index, words: words).trailingZeroBitCount)
      // The child has one of those classes: its first is at or after `index`.
      index = node.firstPresent(from: index) ?? index
    }
    return map.first(index, node)
  }
}
