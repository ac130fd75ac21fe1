// SPDX-License-Identifier: MIT

// A filled memory of S bytes is a row of private mappings ("pieces") of one file (the "tile") that
// holds the pattern. Long pieces need a long tile, which costs real memory and 1 µs a page to write;
// short ones need many mappings, which cost 2.6 µs each and are limited in number (65,530 by
// default). Both are least together where a piece is about √(S × page), and that is what this layout
// keeps to, as a function of the position alone, so that a memory can grow and move without any
// record of how it came to its size:
//
//     position   0      4f                16f                          64f
//     piece      f f f f│ 4f │ 4f │ 4f │  8f │ 8f │ 8f │ 8f │ 8f │ 8f  │ 16f …
//     band       0      │ 1               │ 2                          │ 3
//
// f, the first piece, is the smallest multiple of the pattern's period with at least 4 pages. Band 0
// ends at 4f; band k ≥ 1 spans 4^k f ..< 4^(k+1) f, and its pieces have 2^(k+1) f. With f = 16 KiB:
//
//     memory    1 MiB    64 MiB   1 GiB    64 GiB    1 TiB     16 TiB
//     tile      128 KiB  1 MiB    4 MiB    32 MiB    128 MiB   512 MiB
//     pieces    13       97       385      3,073     12,289    49,153
//
// Invariants: pieces tile the line without gaps; a piece's length is a multiple of f, hence of the
// page and of the period; the length never falls as the position grows.

internal import Pages

package struct PieceLayout: BitwiseCopyable, Hashable {
  /// f: the length of the first piece.
  let first: ByteCount

  /// A layout for a pattern of `length` bytes on pages of `pageSize`.
  ///
  /// - Precondition: `length` is 1 to ``FillPattern/maximumLength``.
  init(patternLength length: ByteCount, pageSize: PageSize) {
    let page = pageSize.bytes.rawValue
    // Least common multiple: the page is a power of two, so only the pattern's factors of two count.
    let common = min(length.rawValue & -length.rawValue, page)
    let period = length.rawValue / common * page
    let repeats = (4 * page + period - 1) / period
    first = ByteCount(period * repeats)
  }

  /// The piece that holds a position.
  ///
  /// - Precondition: `position` is not negative.
  /// - Complexity: O(1).
  func piece(at position: ByteCount) -> Range<ByteCount> {
    let offset = position.rawValue
    let unit = first.rawValue
    let band = offset < 4 * unit ? 0 : (offset / unit).log2 / 2
    let bandStart = band == 0 ? 0 : unit << (2 * band)
    let length = band == 0 ? unit : unit << (band + 1)
    let start = bandStart + (offset - bandStart) / length * length
    return ByteCount(start)..<ByteCount(start + length)
  }

  /// How long the tile must be for a memory of `size` bytes: as long as its last piece.
  ///
  /// - Precondition: `size` is positive.
  func tileLength(for size: ByteCount) -> ByteCount {
    let last = piece(at: size - 1)
    return last.upperBound - last.lowerBound
  }

  /// How many pieces a memory of `size` bytes has.
  ///
  /// - Precondition: `size` is positive.
  /// - Complexity: O(log size).
  func pieceCount(for size: ByteCount) -> Int {
    let last = piece(at: size - 1)
    let unit = first.rawValue
    let length = (last.upperBound - last.lowerBound).rawValue
    guard length > unit else { return last.upperBound.rawValue / unit }
    // Band 0 has 4 pieces, and each full band k before this one 3 × 2^(k-1).
    let band = (length / unit).log2 - 1
    let before = 4 + 3 * ((1 << (band - 1)) - 1)
    return before + (last.upperBound.rawValue - unit << (2 * band)) / length
  }
}

extension Int {
  /// The exponent of the largest power of two that is not above this number, which is positive.
  fileprivate var log2: Int { Int.bitWidth - 1 - leadingZeroBitCount }
}
