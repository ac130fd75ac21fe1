// SPDX-License-Identifier: GPL-2.0 OR MIT

// Ours: a near-best fit in the lowest pages.
//
//     request ──▶ length n ──▶ least class c whose extents all have n
//
//     1. near:   of the first extents of c and the classes behind it (see the window), the lowest
//     2. far:    otherwise the first extent of the next class that has any
//     3. own:    otherwise the first extent of n's own class, if it happens to have n
//     4. new:    otherwise a new page
//
// Best fit alone leaves the least splinters, but takes them anywhere; first fit keeps to low pages, but
// splinters them. A near-best fit in the lowest pages does both, and high pages drain: most of the
// waste of a trace arises where it shrinks.
//
// That lists are in order only as far as their second extent costs little: in a placement study on
// `100000 log 8 8000 early` with 16 seeds, 1, 2 and 3 extents in order gave 0.207, 0.200 and 0.197
// (medians). Windows of 1, 2, 4 and 8 classes below 256 units gave 0.300, 0.241, 0.214 and 0.204 there.
//
// Time: O(1) for both verbs; 8 lists are looked at, and no more than 192 bits.
//
// Source: ours; the placement of best and first fit are P. R. Wilson et al., "Dynamic Storage
// Allocation: A Survey and Critical Review", IWMM 1995, section 3.

/// Near-best fit in the lowest pages.
public typealias NearBestFit = ExtentLists<NearBestLowest>

/// The lowest of the first extents that fit nearly.
@frozen
public enum NearBestLowest: FitPolicy {
  @inlinable public static var ordered: Int { 2 }

  /// - Complexity: O(1).
  @inlinable @inline(__always)
  public static func find(_ count: Int, in table: ExtentTable) -> UInt {
    let index = ExtentClass.ceiling(count)
    // A window of 12 classes, the first 4 and every second after them, or above 256 units of 2: there the
    // second slot is read again and again, which costs less than to branch.
    let step = index < 128 ? 8 : 0
    let slot = table[ExtentTable.slot(index)]
    let second = slot + 8
    let fourth = second + 2 &* step
    let eighth = fourth + 4 &* step
    let first: UInt = min(
      min(slot.load(0), second.load(0)), min((second + step).load(0), fourth.load(0)))
    let rest: UInt = min(
      min((fourth + 2 &* step).load(0), eighth.load(0)),
      min((eighth + 2 &* step).load(0), (eighth + 4 &* step).load(0)))
    let lowest = min(first, rest)
    return lowest != ExtentTable.nobody ? lowest : far(count, index, in: table)
  }

  @inlinable @inline(never)
  static func far(_ count: Int, _ index: Int, in table: ExtentTable) -> UInt {
    if let present = table.firstPresent(from: index) { return table.first(present) }
    let own = table.first(ExtentClass.floor(count))
    return own != ExtentTable.nobody && table[own].tag.length >= count ? own : ExtentTable.nobody
  }
}
