// SPDX-License-Identifier: GPL-2.0 OR MIT

// Lists of free buffers, one for each power of two, fed by runs.
//
//     entry ──▶ root │ list of 32 │ 64 │ … │ page │        a list holds the runs with room,
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
// Invariants:
// - A page is held iff a block lies in it, or it holds the root and any smaller one.
//
// Sources: M. K. McKusick, M. J. Karels, "Design of a General Purpose Memory Allocator for the 4.3BSD
// UNIX Kernel", USENIX 1988; U. Vahalia, "UNIX Internals", 12.4 and 12.5. Their lists hold buffers;
// these hold runs, so that an empty page is found without a search and can be returned at once.

public import Pages

/// Power-of-two lists over runs; ``RunMarking`` says how a buffer leads to its run.
@safe
@frozen
public struct RunLists<Marking: RunMarking>: KernelMemoryAllocator, HeaderAllocator, ~Copyable {
  /// The root's chunk, the last of the first page; nil while nothing is allocated.
  @usableFromInline var entry: Place?

  @inlinable
  public init() { entry = nil }

  /// - Complexity: O(1): a list's first run, its first buffer. At most two runs are opened.
  @inlinable @inline(__always)
  public mutating func allocate<Source: PageSource & ~Copyable>(
    _ size: Int, from source: inout Source
  ) -> UnsafeMutableRawPointer? {
    let pageBytes = source.pageBytes
    guard size > 0, size <= pageBytes &- 8 else { return nil }
    let shift = Self.shift(size)
    if 1 &<< shift == pageBytes { return unsafe allocatePage(shift, &source)?.pointer }
    if entry == nil { guard found(&source) else { return nil } }
    let root = Root(entry!)
    if let run = root[shift] {
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
      dissolve(root, &source)
      return nil
    }
    root.blocks &+= 1
    return take(run, shift, root)
  }

  /// A buffer as large as a page is one, and in no list.
  @inlinable @inline(__always)
  func allocatePage<Source: PageSource & ~Copyable>(
    _ shift: Int, _ source: inout Source
  ) -> Place? {
    guard let page = source.takePage() else { return nil }
    if Marking.isPerBuffer { page.store(0, UInt16(truncatingIfNeeded: shift)) }
    return page + 8
  }

  /// - Complexity: O(1). At most two runs are closed.
  @inlinable @inline(__always)
  public mutating func free<Source: PageSource & ~Copyable>(
    _ block: UnsafeMutableRawPointer, size: Int, to source: inout Source
  ) {
    let place = unsafe Place(block)
    let shift = Self.shift(size)
    let noted = Marking.isPerBuffer ? Int((place - 8).load(0, as: UInt16.self)) : shift
    give(place, expected: shift, noted: noted, &source)
  }

  /// Gives a block back.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ place: Place, _ shift: Int, _ source: inout Source
  ) {
    if 1 &<< shift == source.pageBytes {
      source.returnPage(place - 8)
      return
    }
    let root = Root(entry!)
    let blocks = root.blocks &- 1
    root.blocks = blocks
    give(place, shift, root, &source)
    if blocks == 0 { dissolve(root, &source) }
  }

  /// Buffers of 32 bytes are the smallest: 24 for the user or a descriptor, 8 for what the marking needs.
  @inlinable static var smallestShift: Int { 5 }
  /// A page has 8 chunks.
  @inlinable static var chunksShift: Int { 3 }

  /// The class of a request.
  @inlinable @inline(__always)
  static func shift(_ size: Int) -> Int {
    max(smallestShift, Int.bitWidth &- (size &+ 7).leadingZeroBitCount)
  }

  /// Takes a buffer from a run that has room: a free one, else an uncut one, else the descriptor's.
  @inlinable @inline(__always)
  mutating func take(_ run: Run, _ shift: Int, _ root: Root) -> Place {
    let place: Place
    let free = run.firstFree
    if free != 0 {
      place = run.place(free)
      run.firstFree = place.load(0)
      run.live &+= 1
    } else if run.uncut != 0 {
      let uncut = run.uncut &- 1
      let base = root.base(of: run.at, shift)
      place = base.at + (8 &+ root.stride(shift) &* Int(uncut))
      run.uncut = uncut
      run.live &+= 1
    } else {
      place = run.at
      root.unlink(run, shift)
      root.base(of: place, shift).descriptor = 0
    }
    if Marking.isPerBuffer { (place - 8).store(0, UInt16(truncatingIfNeeded: shift)) }
    return place
  }

  /// Gives a buffer back to its run, and closes the run with its last buffer.
  @inlinable @inline(__always)
  mutating func give<Source: PageSource & ~Copyable>(
    _ place: Place, _ shift: Int, _ root: Root, _ source: inout Source
  ) {
    let base = root.base(of: place, shift)
    let descriptor = base.descriptor
    guard descriptor != 0 else {
      // A full run has more than one buffer: this one becomes its descriptor.
      let run = Run(place)
      run.open(live: root.capacity(shift) &- 1, uncut: 0)
      base.descriptor = base.position(place)
      root.push(run, shift)
      return
    }
    let run = Run(base.place(descriptor))
    let live = run.live &- 1
    if live == 0 {
      close(run, base, shift, root, &source)
      return
    }
    run.live = live
    place.store(0, run.firstFree)
    run.firstFree = run.position(place)
  }
}
