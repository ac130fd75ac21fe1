// SPDX-License-Identifier: GPL-2.0 OR MIT

// Lists of free buffers, one for each power of two, fed by runs.
//
//     entry ──▶ root │ list of 16 │ 32 │ … │ page │        a list holds the runs with room,
//                        │
//                        ▼
//                     run ⇄ run ⇄ run                       each has its own list of buffers
//
// Terms: a class 2^k serves requests up to 2^k − 8. A *chunk* is an eighth of a page. Classes below a
// chunk get their buffers from chunks, the others from pages; a chunk is itself a buffer of the class
// of its size. So a trace with a few small requests of many sizes does not hold a page for each class.
//
// Verbs:           open                take            give, last buffer
//     nothing ───────────▶ in list ◀──────────▶ full          ──────────▶ nothing (closed)
//
// Descriptors are buffers of a class of their own. The first lie beside the root, in chunk 0 of the
// first page; when those are used up, pages of descriptors are taken. The first descriptor of such a
// place is its own run's.
//
// Invariants:
// - A page is held iff a block lies in it, or a descriptor of another run does, or it holds the root
//   and any block is allocated.
//
// Sources: M. K. McKusick, M. J. Karels, "Design of a General Purpose Memory Allocator for the 4.3BSD
// UNIX Kernel", USENIX 1988; U. Vahalia, "UNIX Internals", 12.4 and 12.5. Their lists hold buffers;
// these hold runs, so that an empty page is found without a search and can be returned at once.

public import Pages

/// Power-of-two lists over runs; ``RunMarking`` says how a buffer leads to its run.
@safe
@frozen
public struct RunLists<Marking: RunMarking>: KernelMemoryAllocator, ~Copyable {
  /// The first page, whose chunk 0 holds the root; nil while nothing is allocated.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: O(1): a list's first run, its first buffer. At most three runs are opened.
  @inlinable
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let pageBytes = source.pageBytes
    guard size > 0, size <= pageBytes &- 8 else { return nil }
    let shift = max(Self.smallestShift, Int.bitWidth &- (size &+ 7).leadingZeroBitCount)
    if entry == nil { guard found(&source) else { return nil } }
    let root = Root(entry!)
    if let run = root[Root.index(shift)] {
      root.blocks &+= 1
      return unsafe take(run, shift, root).pointer
    }
    return unsafe allocateFromNewRun(shift, root, &source)?.pointer
  }

  @inlinable @inline(never)
  mutating func allocateFromNewRun<Source: PageSource & ~Copyable>(
    _ shift: Int, _ root: Root, _ source: inout Source
  ) -> Place? {
    guard let run = openRun(shift, root, &source) else {
      if entry != nil { dissolve(root, &source) }
      return nil
    }
    root.blocks &+= 1
    return take(run, shift, root)
  }

  /// - Complexity: O(1). At most three runs are closed.
  @inlinable
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let place = unsafe Place(block)
    let root = Root(entry!)
    let run: Run
    if Marking.isPerBuffer {
      run = (place - 8).load(0)
    } else {
      let pageBytes = source.pageBytes
      let chunk = pageBytes >> Self.chunksShift
      run = place.roundedDown(to: size > chunk &- 8 ? pageBytes : chunk).load(0)
    }
    let blocks = root.blocks &- 1
    root.blocks = blocks
    give(place, run, root, &source)
    if blocks == 0 { dissolve(root, &source) }
  }

  /// Buffers of 16 bytes are the smallest: 8 for the user, 8 for whatever the marking needs.
  @inlinable static var smallestShift: Int { 4 }
  /// A page has 8 chunks.
  @inlinable static var chunksShift: Int { 3 }

  /// Takes a buffer from a run that has room.
  @inlinable @inline(__always)
  mutating func take(_ run: Run, _ shift: Int, _ root: Root) -> Place {
    let place: Place
    if let free = run.firstFree {
      place = free
      run.firstFree = free.link(0)
    } else {
      let isChunk = shift == root.chunkShift
      let stride = isChunk ? root.chunkBytes : Marking.stride(shift: shift)
      place = run.base + (8 &+ stride &* Int(run.carved))
      run.carved &+= 1
      if Marking.isPerBuffer || isChunk { (place - 8).store(0, run) }
    }
    root.countTaken(run)
    return place
  }

  /// Gives a buffer back to its run, and closes the run with its last buffer.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ place: Place, _ run: Run, _ root: Root, _ source: inout Source
  ) {
    place.setLink(0, run.firstFree)
    run.firstFree = place
    let live = run.live &- 1
    run.live = live
    if live == run.capacity &- 1 { root.push(run) }
    if live == 0 { close(run, root, &source) }
  }
}
