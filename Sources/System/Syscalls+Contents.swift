// SPDX-License-Identifier: MIT

internal import CTamalloc
package import Pages

extension Syscalls {
  /// Makes all of some bytes the same.
  package static func fill(_ bytes: UnsafeMutableRawBufferPointer, with byte: UInt8) {
    guard let start = bytes.baseAddress else { return }
    unsafe _ = memset(start, Int32(byte), bytes.count)
  }

  /// Writes `period` bytes from `source` over and over, the first time from `phase` on.
  ///
  /// - Precondition: all are multiples of 64.
  package static func `repeat`(
    _ source: VirtualAddress, period: ByteCount, phase: ByteCount,
    over bytes: UnsafeMutableRawBufferPointer
  ) {
    unsafe ctamalloc_repeat(
      bytes.baseAddress, source.pointer, period.rawValue, phase.rawValue, bytes.count)
  }
}
