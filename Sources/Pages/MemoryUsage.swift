// SPDX-License-Identifier: GPL-2.0 OR MIT

/// What a stretch of memory promises and what it really holds.
///
/// - **Reserved**: address space. It costs nothing but a line in the kernel's list of mappings.
/// - **Committed**: pages with a page frame of their own behind them. A page that was only read,
///   and so shares the kernel's zero page or a fill pattern with others, is not committed.
/// - **Swapped**: pages that were committed and whose contents now lie in swap.
///
/// Invariant: `0 ≤ committed + swapped ≤ reserved`.
public struct MemoryUsage: Sendable, Hashable, BitwiseCopyable {
  /// Bytes of address space.
  public var reserved: ByteCount
  /// Bytes in page frames of their own.
  public var committed: ByteCount
  /// Bytes in swap.
  public var swapped: ByteCount

  /// Creates a record of usage.
  @inlinable
  public init(reserved: ByteCount, committed: ByteCount, swapped: ByteCount = 0) {
    self.reserved = reserved
    self.committed = committed
    self.swapped = swapped
  }

  /// Whether the invariant holds.
  public func checkInvariants() -> Bool {
    committed >= 0 && swapped >= 0 && committed + swapped <= reserved
  }
}
