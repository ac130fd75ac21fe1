// SPDX-License-Identifier: GPL-2.0 OR MIT

// A page, cut into extents, each with a header of 8 bytes that says how long it and the one before are.
//
//     page   │▒▒▒▒▒▒▒▒▒│        │▒▒▒▒│▒▒▒▒▒▒▒▒▒▒▒▒│                   │
//             allocated   free                         free
//
//     bits         0 … 9        10     11 … 20    21 … 25    26 … 63
//     allocated    length − 1   0      before     page       the address of its group's node, in KiB
//                                                            26 … 41   42 … 57
//     free         length − 1   1      before     page       next      previous
//
// Terms: lengths are in *units* of 8 bytes, in pages above 8 KiB in units of page size / 1,024. An
// *extent* is allocated or free; *before* is the length of the extent before it in its page, 0 for the
// first. *Page* is the page's number in its group, from 1 on. Free extents of a class are linked by
// positions: page number × 1,024 + offset in units. Position 0 means none.
//
// Invariants: the extents of a page cover it without overlap; two free ones are not neighbours.
//
// Source: boundary tags: D. E. Knuth, "The Art of Computer Programming", 2.5. Instead of a tag at its
// end, the extent after it knows how long an extent is.

/// What the header of an extent says.
@frozen
@usableFromInline
struct ExtentHeader: BitwiseCopyable {
  @usableFromInline var bits: UInt64

  @inlinable @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  /// Of an allocated extent; `node` is where the header of its group's node is.
  @inlinable @inline(__always)
  init(length: Int, before: Int, page: Int, node: Place) {
    bits = Self.low(length: length, before: before, page: page) | UInt64(node.address) &<< 16
  }

  /// Of a free extent.
  @inlinable @inline(__always)
  init(freeLength length: Int, before: Int, page: Int, next: Int, previous: Int) {
    bits =
      Self.low(length: length, before: before, page: page) | Self.freeBit
      | UInt64(truncatingIfNeeded: next &<< 26 | previous &<< 42)
  }

  @inlinable @inline(__always)
  static func low(length: Int, before: Int, page: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: length &- 1 | before &<< 11 | page &<< 21)
  }

  @inlinable static var freeBit: UInt64 { 1 << 10 }

  @inlinable var isFree: Bool { bits & Self.freeBit != 0 }
  @inlinable var length: Int { Int(truncatingIfNeeded: bits & 0x3ff) &+ 1 }
  @inlinable var before: Int { Int(truncatingIfNeeded: bits &>> 11 & 0x3ff) }
  @inlinable var page: Int { Int(truncatingIfNeeded: bits &>> 21 & 0x1f) }
  @inlinable var next: Int { Int(truncatingIfNeeded: bits &>> 26 & 0xffff) }
  @inlinable var previous: Int { Int(truncatingIfNeeded: bits &>> 42 & 0xffff) }

  /// Where the header of the group's node is, of an allocated extent: an address of 48 bits, the
  /// highest of which is repeated.
  @inlinable @inline(__always)
  var nodeAddress: UInt {
    UInt(bitPattern: Int(truncatingIfNeeded: Int64(bitPattern: bits) &>> 26) &<< 10)
  }

  @inlinable @inline(__always)
  func with(before: Int) -> ExtentHeader {
    ExtentHeader(bits: bits & ~(0x3ff << 11) | UInt64(truncatingIfNeeded: before) &<< 11)
  }
  @inlinable @inline(__always)
  func with(next: Int) -> ExtentHeader {
    ExtentHeader(bits: bits & ~(0xffff << 26) | UInt64(truncatingIfNeeded: next) &<< 26)
  }
  @inlinable @inline(__always)
  func with(previous: Int) -> ExtentHeader {
    ExtentHeader(bits: bits & ~(0xffff << 42) | UInt64(truncatingIfNeeded: previous) &<< 42)
  }
}

extension Place {
  /// The header of the extent that begins here.
  @inlinable @inline(__always)
  var header: ExtentHeader {
    get { ExtentHeader(bits: load(0)) }
    nonmutating set { store(0, newValue.bits) }
  }
}

/// How a page is cut into units.
@frozen
@usableFromInline
struct Units: BitwiseCopyable {
  @usableFromInline let pageBytes: Int
  @usableFromInline let shift: Int

  @inlinable @inline(__always)
  init(pageBytes: Int) {
    self.pageBytes = pageBytes
    shift = max(3, pageBytes.trailingZeroBitCount &- 10)
  }

  /// Units of a page.
  @inlinable var perPage: Int { pageBytes &>> shift }
  /// Units that an extent of `size` bytes and its header take.
  @inlinable @inline(__always)
  func count(_ size: Int) -> Int { (size &+ 7 &+ 1 &<< shift) &>> shift }
  @inlinable @inline(__always)
  func bytes(_ count: Int) -> Int { count &<< shift }
  /// Whether `place` is the end of a page.
  @inlinable @inline(__always)
  func isPageEnd(_ place: Place) -> Bool { place.offset(in: pageBytes) == 0 }
}

/// The classes of free extents by length: exact up to 63 units, then 32 in each doubling.
@usableFromInline
enum ExtentClass {
  /// Classes are within 2 and 191: an extent of one unit is in none, as no block fits into it.
  @inlinable static var count: Int { 192 }

  /// The class of extents of `length`.
  @inlinable @inline(__always)
  static func floor(_ length: Int) -> Int {
    let doubling = max(0, 58 &- length.leadingZeroBitCount)
    return length &>> doubling &+ doubling &<< 5
  }

  /// The least class whose extents all have `length` at least.
  @inlinable @inline(__always)
  static func ceiling(_ length: Int) -> Int { floor(length &- 1) &+ 1 }
}
