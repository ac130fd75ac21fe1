// SPDX-License-Identifier: MIT

// What is committed of a large block that was freed? The page tables know, and PAGEMAP_SCAN tells it
// at about 1 ns a page. Three cases, by what was measured (times for one cycle of freeing, reusing and
// touching again):
//
//     committed     what is done at the free                         1 MiB      16 MiB
//     nothing       nothing                                          1.2 µs      1.4 µs
//     little        clear the pages that are there                   1.2 µs      5.9 µs   (1 %)
//                   or give them back, if many are kept already      5.8 µs     64 µs
//     most          nothing; clear all when it is used again         6.7 µs    140 µs
//
// Sizes whose blocks are nearly always touched wholly need not be asked each time: for each power of
// two an estimate is kept, and when it is clear only every eighth block is scanned. Those that are
// never touched give their pages back unasked. To scan a dense block of 256 KiB takes 2.6 µs, more than to
// clear it: below 1 MiB only each 32nd is.
//
// Where the page tables can't be read (no /proc, a process whose user has changed, Linux before 6.7)
// all blocks up to 16 MiB pass for dense, and larger ones are unmapped.

internal import Pages

/// How densely the blocks of each size are touched, as far as is known.
struct PageDensity: BitwiseCopyable {
  /// By the size's binary logarithm: 0 none, 255 all; a running average.
  private var estimates: InlineArray<64, UInt8>
  /// By the same: how many of the last scans found nothing, up to 255.
  private var untouched: InlineArray<64, UInt8>
  /// A bit for each size of which one was noted.
  private var known: UInt64
  private var turn: UInt8

  private static let unknown: UInt8 = 128
  /// Bytes from which on a scan costs little beside clearing.
  private static let cheapToScan = 1 << 20

  init() {
    estimates = InlineArray(repeating: Self.unknown)
    untouched = InlineArray(repeating: 0)
    known = 0
    turn = 0
  }

  private static func index(_ size: Int) -> Int { 63 &- size.leadingZeroBitCount }

  /// Most of such a block will be touched.
  func isDense(_ size: Int) -> Bool { estimate(size) >= 160 }

  /// Little of it will be.
  func isSparse(_ size: Int) -> Bool { estimate(size) < 112 }

  /// Of a size that nothing is known of: what the sizes beside it are like.
  private func estimate(_ size: Int) -> UInt8 {
    let index = Self.index(size)
    for distance in 0...2 {
      if isKnown(index &- distance) { return estimates[index &- distance] }
      if isKnown(index &+ distance) { return estimates[index &+ distance] }
    }
    return Self.unknown
  }

  private func isKnown(_ index: Int) -> Bool {
    index >= 0 && index < 64 && known &>> UInt64(index) & 1 != 0
  }

  /// What to do about a block that was freed.
  enum Question {
    case scan
    case assumeDense
    /// Give its pages back: at 0.4 µs it is the cheapest of all where there are none.
    case assumeNothing
  }

  mutating func question(_ size: Int) -> Question {
    turn = turn &+ 1
    let index = Self.index(size)
    let isDense = untouched[index] <= 3 && estimates[index] > 225
    let interval: UInt8 = isDense && size < Self.cheapToScan ? 32 : 8
    if turn % interval == 0 { return .scan }
    if isDense { return .assumeDense }
    return untouched[index] > 3 ? .assumeNothing : .scan
  }

  /// Notes that `committed` bytes of a block were; or of a part of a block of the size `whole`.
  mutating func note(_ committed: Int, of size: Int, like whole: Int = 0) {
    let index = Self.index(max(size, whole))
    untouched[index] = committed > 0 ? 0 : min(untouched[index], 254) &+ 1
    let share = min(committed &* 255 / size, 255)
    known |= 1 &<< UInt64(index)
    let old = Int(estimates[index])
    estimates[index] = UInt8(truncatingIfNeeded: (old &* 3 &+ share &+ 3) / 4)
  }
}
