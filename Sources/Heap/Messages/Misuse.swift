// SPDX-License-Identifier: MIT

package import Pages

/// What is known of an address that no usable block begins at.
package enum Misuse: Equatable {
  /// Nothing.
  case unknown
  /// A block began there, and was freed.
  case freed
  /// A block begins there that another thread is freeing or resizing now.
  case busy
  /// Bytes behind the block's end were written.
  case overflown
  /// The block was written after it was freed.
  case usedAfterFree
  /// A block of other than the given number of bytes begins there.
  case wrongSize(length: ByteCount, told: UInt)
  /// It lies inside a block.
  case inside(start: VirtualAddress, length: ByteCount)
}
