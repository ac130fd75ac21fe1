// SPDX-License-Identifier: GPL-2.0 OR MIT

// A run: a page, or an eighth of one (a *chunk*), that is cut into buffers of one class.
//
//     descriptor ──▶ base
//                    │ buffer │ buffer │ buffer │ ········ never cut ········ │
//                        ▲ free ──▶ free          carved = 3, live = 1
//
// Invariants: live ≤ carved ≤ capacity; the free list has carved − live buffers; a run is in its
// class's list iff live < capacity.
//
// Descriptors lie apart from the buffers, close together: the processor's caches hold them all.

/// A run's descriptor: 48 bytes in a chunk of descriptors.
@frozen
@usableFromInline
struct Run: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @usableFromInline static let byteCount = 48

  /// The place 8 bytes before the first buffer.
  @inlinable var base: Place {
    get { at.load(0) }
    nonmutating set { at.store(0, newValue) }
  }
  /// The first free buffer; each holds the address of the next.
  @inlinable var firstFree: Place? {
    get { at.link(8) }
    nonmutating set { at.setLink(8, newValue) }
  }
  @inlinable var next: Run? {
    get { at.load(16, as: Run?.self) }
    nonmutating set { at.store(16, newValue) }
  }
  @inlinable var previous: Run? {
    get { at.load(24, as: Run?.self) }
    nonmutating set { at.store(24, newValue) }
  }
  /// The run of chunks that this run's chunk belongs to; none for whole pages.
  @inlinable var parent: Run? {
    get { at.load(32, as: Run?.self) }
    nonmutating set { at.store(32, newValue) }
  }
  /// Buffers that are allocated.
  @inlinable var live: UInt16 {
    get { at.load(40) }
    nonmutating set { at.store(40, newValue) }
  }
  /// Buffers that were allocated at least once.
  @inlinable var carved: UInt16 {
    get { at.load(42) }
    nonmutating set { at.store(42, newValue) }
  }
  /// Buffers that there is room for.
  @inlinable var capacity: UInt16 {
    get { at.load(44) }
    nonmutating set { at.store(44, newValue) }
  }
  /// The class's number in the table of lists.
  @inlinable var classIndex: UInt16 {
    get { at.load(46) }
    nonmutating set { at.store(46, newValue) }
  }

  /// Makes this the descriptor of a run without buffers.
  @inlinable
  func open(base: Place, parent: Run?, capacity: Int, classIndex: Int) {
    self.base = base
    firstFree = nil
    next = nil
    previous = nil
    self.parent = parent
    live = 0
    carved = 0
    // The rest of a run of more than 65,535 buffers stays unused.
    self.capacity = UInt16(truncatingIfNeeded: min(capacity, Int(UInt16.max)))
    self.classIndex = UInt16(truncatingIfNeeded: classIndex)
  }
}

/// Where an algorithm keeps the way from a buffer to its run, which is what tells power-of-two free
/// lists and McKusick–Karels apart.
public protocol RunMarking {
  /// Bytes from one buffer of class 2^`shift` to the next; 8 less, or all of them, are the user's.
  static func stride(shift: Int) -> Int
  /// Whether each buffer has a header; otherwise each run has one, at its beginning.
  static var isPerBuffer: Bool { get }
}
