// SPDX-License-Identifier: GPL-2.0 OR MIT

// A whole page for every request: the allocator that all others are measured against.
//
//     page  │ block ················ unused ················ │
//
// State: none. The page that a block lies in is the block. Its pointer stays nil.
// Worst and average case of time: O(1), that of the source. Waste: page size − size, per block.

public import Pages

/// A whole page for every request.
@safe
@frozen
public struct DummyAllocator: KernelMemoryAllocator, ~Copyable {
  /// Every allocator has an entry point; this one needs none.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: O(1).
  @inlinable @inline(__always)
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    guard size > 0, size <= source.largestRequest else { return nil }
    return unsafe source.takePage()?.pointer
  }

  /// - Complexity: O(1).
  @inlinable @inline(__always)
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    unsafe source.returnPage(Place(block))
  }

  public func checkInvariants() -> Bool { entry == nil }
}
