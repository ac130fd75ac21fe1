// SPDX-License-Identifier: GPL-2.0 OR MIT

/// The size of a page of virtual memory, which is also that of a page frame: a power of two.
public struct PageSize: Sendable, Hashable, BitwiseCopyable {
  /// Bytes in a page.
  public let bytes: ByteCount

  /// Creates a page size, or nil where `bytes` is no power of two.
  @inlinable
  public init?(_ bytes: ByteCount) {
    guard bytes > 0, bytes.rawValue & (bytes.rawValue &- 1) == 0 else { return nil }
    self.bytes = bytes
  }

  /// The offset of the page that holds `offset`.
  @inlinable
  public func roundingDown(_ offset: ByteCount) -> ByteCount {
    ByteCount(offset.rawValue & ~(bytes.rawValue &- 1))
  }

  /// The first page boundary at or above `offset`, or nil where that overflows.
  @inlinable
  public func roundingUp(_ offset: ByteCount) -> ByteCount? {
    let (sum, overflow) = offset.rawValue.addingReportingOverflow(bytes.rawValue &- 1)
    return overflow ? nil : roundingDown(ByteCount(sum))
  }

  /// Whether `offset` lies on a page boundary.
  @inlinable
  public func isAligned(_ offset: ByteCount) -> Bool {
    offset.rawValue & (bytes.rawValue &- 1) == 0
  }
}
