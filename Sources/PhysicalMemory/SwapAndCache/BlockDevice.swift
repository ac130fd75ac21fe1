// SPDX-License-Identifier: MIT

// Where pages go that are not in memory: a disk for files, an area for swap. What was never written
// reads as zero.
//
// Unsafe code: one pointer to the device's memory, which never moves and lives as long as the device.

internal import Pages
internal import Tamalloc

/// Pages outside of the machine's RAM.
@safe
struct BlockDevice: ~Copyable {
  private var memory: LazyMemory
  private let base: UnsafeMutableRawPointer
  /// The pages that it has room for.
  let pages: Int

  /// - Precondition: `pages` is positive.
  init(pages: Int) throws(AllocationError) {
    memory = try LazyMemory(size: ByteCount(pages << PageFrameNumber.shift))
    unsafe base = unsafe memory.withUnsafeMutableBytes { unsafe $0.baseAddress.unsafelyUnwrapped }
    self.pages = pages
  }

  /// Writes a page.
  func write(_ page: Int, from bytes: UnsafeMutableRawBufferPointer) {
    precondition(page >= 0 && page < pages && bytes.count == PageFrameNumber.size.rawValue)
    unsafe (base + (page << PageFrameNumber.shift)).copyMemory(
      from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count)
  }

  /// Reads a page.
  func read(_ page: Int, into bytes: UnsafeMutableRawBufferPointer) {
    precondition(page >= 0 && page < pages && bytes.count == PageFrameNumber.size.rawValue)
    unsafe bytes.baseAddress.unsafelyUnwrapped.copyMemory(
      from: base + (page << PageFrameNumber.shift), byteCount: bytes.count)
  }
}
