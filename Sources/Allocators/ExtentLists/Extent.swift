// SPDX-License-Identifier: GPL-2.0 OR MIT

// A page, cut into extents, each with a header of 4 bytes.
//
//     page     ││▒▒▒▒▒▒▒▒▒│        │▒▒▒▒│▒▒▒▒▒▒▒▒▒▒▒▒│                   ││
//              4 allocated   free                          free           end: a header, nothing more
//
//     header   │ tag: length 0 … 9, free 10, listed 11 │ length of the free extent before this one │
//              0                                       2                                           4
//
//     free     │ header │ next │ slot │ ········· │         links: see ExtentTable.swift
//              0        4      12     20
//
// Terms: lengths are in *units* of 8 bytes, in pages above 8 KiB in units of page size / 1,024. An
// *extent* is allocated or free. Extents begin 4 bytes before a multiple of 8, so that what follows the
// header does at one.
//
// Invariants: the extents of a page cover it without overlap, from byte 4 up to the *end*, whose tag says
// allocated, of no length; two free ones are not neighbours, so that a free one has none before it; a
// free extent is listed iff a header and two links fit into it.
//
// Source: boundary tags: D. E. Knuth, "The Art of Computer Programming", 2.5. The tag of a free extent's
// end stands in the header behind it, and an allocated one needs none.

/// The first half of a header: what it says of its own extent.
@frozen
@usableFromInline
struct ExtentTag: BitwiseCopyable {
  @usableFromInline let bits: UInt16

  @inlinable @inline(__always)
  init(bits: UInt16) { self.bits = bits }

  /// Of an allocated extent.
  @inlinable @inline(__always)
  init(length: Int) { bits = UInt16(truncatingIfNeeded: length) }

  /// Of a free extent.
  @inlinable @inline(__always)
  init(freeLength length: Int, isListed: Bool) {
    bits = UInt16(truncatingIfNeeded: length | 1 &<< 10 | (isListed ? 1 &<< 11 : 0))
  }

  @inlinable var length: Int { Int(truncatingIfNeeded: bits & 0x3ff) }
  @inlinable var isFree: Bool { bits & 1 &<< 10 != 0 }
  @inlinable var isListed: Bool { bits & 1 &<< 11 != 0 }

  /// The length of a free extent, 0 of an allocated one.
  @inlinable @inline(__always)
  var freeLength: Int {
    let bits = Int(truncatingIfNeeded: bits)
    return bits & 0x3ff & (0 &- (bits &>> 10 & 1))
  }
}

extension Place {
  /// What the header of the extent that begins here says of it.
  @inlinable @inline(__always)
  var tag: ExtentTag {
    get { ExtentTag(bits: load(0)) }
    nonmutating set { store(0, newValue.bits) }
  }
  /// The length of the free extent before the one that begins here, 0 where there is none.
  @inlinable @inline(__always)
  var freeBefore: Int {
    get { Int(load(2, as: UInt16.self)) }
    nonmutating set { store(2, UInt16(truncatingIfNeeded: newValue)) }
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

  /// Units that the extents of a page have together.
  @inlinable var perPage: Int { pageBytes &>> shift &- 1 }
  /// The largest request that is met by an extent; above it, a block has a page of its own.
  @inlinable var largestRequest: Int { bytes(perPage) &- 4 }
  /// Units that a block of `size` bytes and a header take, with room for two links when it is freed.
  @inlinable @inline(__always)
  func count(_ size: Int) -> Int { (max(size, 16) &+ 3 &+ 1 &<< shift) &>> shift }
  /// The least length of an extent that is listed.
  @inlinable var leastListed: Int { count(0) }
  @inlinable @inline(__always)
  func bytes(_ count: Int) -> Int { count &<< shift }
}

/// The classes of free extents by length: exact up to 63 units, then 32 in each doubling.
@usableFromInline
enum ExtentClass {
  /// Classes are within 1 and 191.
  @inlinable static var count: Int { 192 }

  /// The class of extents of `length`.
  @inlinable @inline(__always)
  static func floor(_ length: Int) -> Int {
    let doubling = 58 &- (length | 63).leadingZeroBitCount
    return length &>> doubling &+ doubling &<< 5
  }

  /// The least class whose extents all have `length` at least.
  @inlinable @inline(__always)
  static func ceiling(_ length: Int) -> Int { floor(length &- 1) &+ 1 }
}
