// SPDX-License-Identifier: GPL-2.0 OR MIT

// A run: a page, or an eighth of one (a *chunk*), that is cut into buffers of one class.
//
//     base │ mark │ ····· never cut ····· │ descriptor │ buffer │ free ──▶ buffer │ free │
//              └─────────────────────────────▶
//
//     0       2                     4
//     │ class │ the chunk's        │ the page's          where the descriptor is, in units of 8 bytes
//     │       │ descriptor         │ descriptor          from the base on; 0 for a full run
//
// Terms: a run with room keeps its *descriptor* in one of its free buffers, the last to be taken. A full
// run needs none: the first buffer that is freed becomes its descriptor. So descriptors take no memory.
// *Uncut* buffers lie at the beginning: they were never allocated, and are in no list.
//
// Invariants: live + uncut + those in the free list + 1, the descriptor's, are the run's capacity; a run
// is in its class's list iff it has a descriptor.

/// The descriptor of a run with room: 24 bytes in a free buffer.
@frozen
@usableFromInline
struct Run: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable var next: Run? {
    get { at.load(0, as: Run?.self) }
    nonmutating set { at.store(0, newValue) }
  }
  @inlinable var previous: Run? {
    get { at.load(8, as: Run?.self) }
    nonmutating set { at.store(8, newValue) }
  }
  /// Where the first free buffer is, seen from the descriptor, in units of 8 bytes; each begins with the
  /// next. 0 for none.
  @inlinable var firstFree: Int32 {
    get { at.load(16) }
    nonmutating set { at.store(16, newValue) }
  }
  /// Buffers that are allocated.
  @inlinable var live: UInt16 {
    get { at.load(20) }
    nonmutating set { at.store(20, newValue) }
  }
  /// Buffers that were never allocated.
  @inlinable var uncut: UInt16 {
    get { at.load(22) }
    nonmutating set { at.store(22, newValue) }
  }

  @inlinable @inline(__always)
  func place(_ position: Int32) -> Place { at + Int(position) &<< 3 }

  @inlinable @inline(__always)
  func position(_ place: Place) -> Int32 { Int32(truncatingIfNeeded: (place - at) &>> 3) }

  /// Makes this the descriptor of a run without free buffers but its own and the uncut.
  @inlinable
  func open(live: Int, uncut: Int) {
    firstFree = 0
    self.live = UInt16(truncatingIfNeeded: live)
    self.uncut = UInt16(truncatingIfNeeded: uncut)
  }
}

/// The eight bytes at the beginning of a page or chunk.
@frozen
@usableFromInline
struct RunBase: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place
  /// Whether the run is a page; the first chunk of a page begins where the page does.
  @usableFromInline let isPage: Bool

  @inlinable @inline(__always)
  init(_ at: Place, isPage: Bool) {
    self.at = at
    self.isPage = isPage
  }

  /// Where the descriptor is, in units of 8 bytes; 0 for a full run.
  @inlinable var descriptor: UInt32 {
    @inline(__always) get { isPage ? at.load(4) : UInt32(at.load(2, as: UInt16.self)) }
    @inline(__always) nonmutating set {
      if isPage { at.store(4, newValue) } else { at.store(2, UInt16(truncatingIfNeeded: newValue)) }
    }
  }

  @inlinable @inline(__always)
  func place(_ position: UInt32) -> Place { at + Int(position) &<< 3 }

  @inlinable @inline(__always)
  func position(_ place: Place) -> UInt32 { UInt32(truncatingIfNeeded: (place - at) &>> 3) }
}

/// How an algorithm knows the class of a buffer, which is what tells power-of-two free lists and
/// McKusick–Karels apart.
public protocol RunMarking {
  /// Bytes from one buffer of class 2^`shift` to the next; 8 less, or all of them, are the user's.
  static func stride(shift: Int) -> Int
  /// Whether each buffer has a header; otherwise each run has one, at its beginning.
  static var isPerBuffer: Bool { get }
}
