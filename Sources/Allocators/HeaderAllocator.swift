// SPDX-License-Identifier: GPL-2.0 OR MIT

public import Pages

/// An allocator whose blocks' headers note the class that their sizes tell, too.
///
/// A processor that guesses the header to be as expected goes on without waiting for it: classes by size
/// are the same as classes by header unless a caller frees with another size.
@usableFromInline
protocol HeaderAllocator: ~Copyable {
  /// How the allocator names a block that comes back.
  associatedtype Block: BitwiseCopyable

  /// Makes a block of a class free.
  mutating func give<Source: PageSource & ~Copyable>(
    _ block: Block, _ order: Int, _ source: inout Source
  )
}

extension HeaderAllocator where Self: ~Copyable {
  /// Makes a block free whose size tells one class, and whose header notes one.
  ///
  /// What is expected comes first: of two numbers that are equal the compiler goes on with the older one,
  /// and the header's would have to be waited for.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ block: Block, expected: Int, noted: Int, _ source: inout Source
  ) {
    guard noted == expected else {
      giveUnexpected(block, noted, &source)
      return
    }
    give(block, expected, &source)
  }

  /// Makes a block free whose header notes another class than its size tells: the header is right.
  @inlinable @inline(never)
  mutating func giveUnexpected<Source: PageSource & ~Copyable>(
    _ block: Block, _ order: Int, _ source: inout Source
  ) {
    give(block, order, &source)
  }
}
