// SPDX-License-Identifier: GPL-2.0

/// A number of whole pages of address space, always more than none.
///
/// Invariant: `bytes` is a multiple of the page size, is not zero and did not
/// wrap around, so that `bytes - 1` is the offset of the last byte.
struct PageCount {
  /// The size in bytes.
  let bytes: UInt

  /// As many pages as hold `bytes` bytes.
  ///
  /// - Throws: `invalidArgument` for no bytes at all, `outOfMemory` for so many
  ///   that the next multiple of the page size has no 64-bit representation.
  init(holding bytes: UInt) throws(KernelError) {
    guard bytes != 0 else { throw .invalidArgument }
    let (padded, overflow) = bytes.addingReportingOverflow(pageSize &- 1)
    guard !overflow else { throw .outOfMemory }
    self.bytes = padded & ~(pageSize &- 1)
  }
}

/// Bytes in a page; a power of two.
var pageSize: UInt { UInt(truncatingIfNeeded: KERNEL_PAGE_SIZE) }
