// SPDX-License-Identifier: GPL-2.0 OR MIT

// The unit of the extent map, and the classes of extents by length.
//
// Terms: a page has 512 *granules* of pageSize / 512 bytes, of which the map deals in 511, from byte 8
// of the page on: the first 8 bytes lead to the page's record. An *extent* is a run of free granules
// that can't be made longer. Its *class* is its length rounded down to one of 55 lengths:
//
//     length   1  2  4  8  16  32 │ 48 │ 64 68 … 124 │ 128 136 … 248 │ 256 272 … 496
//     class    0  1  2  3   4   5 │  6 │  7  8 …  22 │  23  24 …  38 │  39  40 …  54
//
// Most of the bytes are in long extents: there a class is within 1/16. Short lengths are told apart
// by powers of two only, which costs few bytes.
//
// The last byte of granule 510 is the last but 8 of the page; a block that needs all 511 granules
// may use those 8 as well, as nothing else can.

/// Lengths in granules.
@usableFromInline
enum Granules {
  /// Granules of a page that blocks can have.
  @inlinable static var perPage: Int { 511 }
  /// Classes of extents.
  @inlinable static var classes: Int { 55 }

  /// Granules that a block of `size` bytes takes.
  @inlinable @inline(__always)
  static func count(_ size: Int, shift: Int) -> Int {
    min((size &+ (1 << shift) &- 1) >> shift, perPage)
  }

  /// The class of an extent of `length`.
  @inlinable @inline(__always)
  static func floorClass(_ length: Int) -> Int {
    let exponent = 63 &- length.leadingZeroBitCount
    if length < 64 { return length < 48 ? exponent : 6 }
    return 7 &+ (exponent &- 6) &* 16 &+ ((length >> (exponent &- 4)) & 15)
  }

  /// The least class whose extents all have at least `length`; 55 where there is none.
  @inlinable @inline(__always)
  static func ceilingClass(_ length: Int) -> Int {
    if length == 1 { return 0 }
    return floorClass(length &- 1) &+ 1
  }
}
