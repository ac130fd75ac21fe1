// SPDX-License-Identifier: GPL-2.0 OR MIT

// Odd-sized blocks carved from whole pages: what a kernel memory allocator is.
//
// Terms:
// - A *block* is what the allocator hands out: at least as many bytes as were asked for, inside one
//   page, at an address that is a multiple of 8.
// - *Control data* is what the allocator remembers. All of it lives in pages of the source: there is
//   no other heap to take it from. The allocator itself is one pointer to its beginning.
//
// Invariants, for every allocator:
// - Blocks that are allocated don't overlap each other or control data.
// - A page that holds neither a block nor control data is given back before the call ends. When no
//   block is allocated, no page is in use.
// - A request that cannot be met changes nothing.
//
// Both verbs are inlined into their callers: a tenth of what the fast ones take is to be called, and the compiler
// would make one function of the loops that call different allocators, which calls them by address.
//
// The page source is passed to every call: one allocator has one source for its whole life. An
// allocator that goes away while blocks are allocated leaves its pages with the source.
//
// Sources: U. Vahalia, "UNIX Internals: The New Frontiers", chapter 12, for the classic ones and for
// the terms by which they are compared.

public import Pages

/// An algorithm that carves blocks from pages.
public protocol KernelMemoryAllocator: ~Copyable {
  /// An allocator that holds nothing yet.
  init()

  /// Takes a block of at least `size` bytes.
  ///
  /// - Precondition: `source` is the source of all calls before.
  /// - Returns: the block, or nil where `size` is not within 1 and the page size less 8, or where
  ///   the source has no page left that would be needed.
  mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer?

  /// Gives a block back.
  ///
  /// - Precondition: `block` was allocated here with this very `size`, and not freed since.
  mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  )

  /// Whether the structure's invariants hold, for tests.
  ///
  /// - Complexity: O(all that is held).
  func checkInvariants() -> Bool
}

extension PageSource where Self: ~Copyable {
  /// Bytes in a page, as a plain number.
  @inlinable
  var pageBytes: Int { pageSize.bytes.rawValue }

  /// The largest request that is met: 8 bytes of a page may be the allocator's own.
  @inlinable
  var largestRequest: Int { pageBytes &- 8 }

  /// Takes a page, or nothing where none is left.
  @inlinable
  mutating func takePage() -> Place? {
    guard let page = unsafe try? getPage() else { return nil }
    return unsafe Place(page)
  }

  /// Gives a page back that this allocator took.
  @inlinable
  mutating func returnPage(_ page: Place) {
    do throws(PageSourceError) {
      try unsafe freePage(page.pointer)
    } catch {
      // The allocator's own structures are broken: going on would hand out memory twice.
      fatalError("the allocator frees a page that it does not hold")
    }
  }
}
