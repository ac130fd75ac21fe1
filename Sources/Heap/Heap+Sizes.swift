// SPDX-License-Identifier: MIT

// C++'s sized operator delete says how large the block is. The quick way finds that out in the block's
// span, which it must look at in any case; the hardened mode compares the two.

internal import Pages

extension Heap {
  /// In the hardened mode, ends the program if a live block has other than `told` bytes.
  ///
  /// One that is no live block is left for whoever frees it to report.
  package static func checkSize(_ block: UInt, told: UInt) {
    guard block != 0, let heap = unsafe Heap.existing,
      unsafe heap.pointee.settings.isHardened,
      let size = unsafe heap.usableSizeHardened(block),
      // Of no bytes one is made, by some.
      UInt(size) != told, size > 1 || told > 1
    else { return }
    MisuseMessage.abort(
      function: "operator delete", VirtualAddress(rawValue: block),
      .wrongSize(length: ByteCount(size), told: told))
  }
}
