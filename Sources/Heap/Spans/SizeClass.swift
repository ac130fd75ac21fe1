// SPDX-License-Identifier: MIT

// Which sizes do small blocks have? A request is rounded up to the next *size class*, so that a block
// that was freed fits the next request of its class.
//
// Up to 128 bytes the classes are 16 bytes apart; from there on each power of two is divided into
// four steps, so that at most a fifth of a block is lost to rounding:
//
//     16 32 48 … 128 │ 160 192 224 256 │ 320 384 448 512 │ … │ 40 KiB 48 KiB 56 KiB 64 KiB
//     0  1  2    7     8   9   10  11    12  13  14  15          40     41     42     43
//
// Every size is a multiple of 16, the alignment that malloc owes; of a size's four steps the last one
// is a power of two, so that some class at most four further on has any alignment up to 64 KiB.

/// One of the sizes that small blocks have.
struct SizeClass: Equatable {
  /// 0 for the smallest.
  let index: Int

  /// How many there are.
  static let count = 44
  /// The largest one's size in bytes.
  static let largest = 65_536
  /// Requests up to this size find their span by one look into a table.
  static let largestDirect = 1024

  @inline(__always)
  init(index: Int) {
    self.index = index
  }

  /// The smallest class whose blocks hold `size` bytes.
  ///
  /// - Precondition: 0 ≤ size ≤ `largest`
  @inline(__always)
  init(holding size: Int) {
    if size <= 128 {
      index = size == 0 ? 0 : (size &- 1) >> 4
    } else {
      let above = size &- 1
      let exponent = 63 &- above.leadingZeroBitCount
      index = 8 &+ (exponent &- 7) &* 4 &+ ((above >> (exponent &- 2)) & 3)
    }
  }

  /// The smallest class whose blocks hold `size` bytes and begin at multiples of `alignment`.
  ///
  /// - Precondition: 0 ≤ size ≤ `largest`; alignment is a power of two up to `largest`.
  init(holding size: Int, alignment: Int) {
    var candidate = SizeClass(holding: max(size, alignment))
    while candidate.blockSize & (alignment &- 1) != 0 {
      candidate = SizeClass(index: candidate.index &+ 1)
    }
    self = candidate
  }

  /// Bytes in a block.
  var blockSize: Int {
    if index < 8 { return (index &+ 1) << 4 }
    let exponent = (index &- 8) >> 2
    return (128 << exponent) &+ (32 << exponent) &* (((index &- 8) & 3) &+ 1)
  }

  /// Slots of 64 KiB in a span of this class: eight blocks at least, and for the small ones one slot.
  var slotsInSpan: Int {
    let size = blockSize
    return size <= 8192 ? 1 : (size &* 8 &+ HeapSpan.slotSize &- 1) / HeapSpan.slotSize
  }

  /// Blocks in a span of this class.
  var blocksInSpan: Int { slotsInSpan &* HeapSpan.slotSize / blockSize }
}
