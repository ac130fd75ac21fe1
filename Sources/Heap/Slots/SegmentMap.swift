// SPDX-License-Identifier: MIT

// Is an address inside a segment? One bit for each 4 MiB of the address space says so: 2^25 bits, of
// which those pages are committed that hold a one; a page of the map stands for 128 GiB. Whatever
// pointer a program passes, the answer is sure and no memory of unknown owner is read.

internal import Synchronization

/// The bits, somewhere in memory that is never unmapped.
struct SegmentMap: BitwiseCopyable {
  /// Where the words lie.
  let start: UInt

  /// User space on x86-64 and ARM, with the page tables that the kernel uses unless asked for more.
  static let addressBits: UInt = 47
  /// Bytes that the map takes.
  static let size = 1 << (Int(addressBits) - Int(Segment.sizeExponent) - 3)

  /// Whether a segment holds this address, which may be any number at all.
  @inline(__always)
  func contains(_ address: UInt) -> Bool {
    guard address &>> Self.addressBits == 0 else { return false }
    let index = address &>> Segment.sizeExponent
    // SAFETY: the index is below the number of bits, the word inside the map.
    let word = unsafe word(index).pointee.load(ordering: .relaxed)
    return word &>> (index & 63) & 1 != 0
  }

  func insert(_ address: UInt) {
    let index = address &>> Segment.sizeExponent
    unsafe _ = word(index).pointee.bitwiseOr(1 &<< (index & 63), ordering: .releasing)
  }

  func remove(_ address: UInt) {
    let index = address &>> Segment.sizeExponent
    unsafe _ = word(index).pointee.bitwiseAnd(~(1 &<< (index & 63)), ordering: .releasing)
  }

  @inline(__always)
  private func word(_ index: UInt) -> UnsafeMutablePointer<Atomic<UInt>> {
    unsafe UnsafeMutablePointer<Atomic<UInt>>(bitPattern: start &+ (index &>> 6) &* 8)
      .unsafelyUnwrapped
  }
}
