// SPDX-License-Identifier: MIT

// A reservation is a range of address space with a promise of what its bytes read as. It is a plain
// value that owns nothing by itself: LazyMemory owns one for Swift, the table of blocks for C.
//
// Each page is in one of these states; the verbs in capitals are this file's.
//
//              RESERVE            first read              first write
//     nothing ────────▶ untouched ──────────▶ read-shared ───────────▶ committed ──▶ swapped
//        ▲                 ▲   │ PREFAULT or first write                 ▲ │          (by the kernel)
//        │                 │   └─────────────────────────────────────────┘ │
//        └── RELEASE ──────┴──────────────────── DISCARD ──────────────────┘
//
// Only committed pages have a page frame of their own. A read-shared page shows the kernel's zero
// page or a page of the tile, which all share.
//
// What stands behind the range (Backing):
// - anonymous: one private anonymous mapping; untouched pages read as zero, or, in a kernel that has
//   our system calls, as any one byte. (There the first read of such a page commits it.)
// - tiles: the pieces of PieceLayout, each a private mapping of one PatternTile from its beginning.
//
// Invariants: start is a multiple of the alignment, size of the page; size is not 0; a tile is at
// least as long as the last piece.

package import Pages
package import System

package struct Reservation: BitwiseCopyable {
  /// What stands behind the range.
  package enum Backing: BitwiseCopyable {
    case anonymous(fill: UInt8)
    case tiles(PatternTile, PieceLayout)
  }

  package private(set) var start: VirtualAddress
  package private(set) var size: ByteCount
  package let alignment: ByteCount
  package let options: LazyMemoryOptions
  package private(set) var backing: Backing

  /// A range that is mapped so already.
  package init(
    start: VirtualAddress, size: ByteCount, alignment: ByteCount, options: LazyMemoryOptions,
    backing: Backing
  ) {
    self.start = start
    self.size = size
    self.alignment = alignment
    self.options = options
    self.backing = backing
  }

  /// The largest alignment on offer.
  package static let maximumAlignment: ByteCount = .gibibytes(1)

  /// Above this no processor has addresses (x86-64 and ARM with five levels of page tables).
  private static let maximumSize = ByteCount(1 << 56)

  package var traits: MappingTraits {
    MappingTraits(
      isAccounted: options.contains(.strictAccounting),
      isPageGranular: !options.contains(.hugePages))
  }

  /// Whether untouched pages share frames that belong to a file, as pieces of a tile do.
  var sharesFilePages: Bool {
    if case .tiles = backing { true } else { false }
  }

  /// The size in whole pages, if there are so many addresses.
  static func wholePages(_ size: ByteCount) throws(AllocationError) -> ByteCount {
    guard size > 0 else { throw .invalidSize(size) }
    guard size <= maximumSize, let rounded = Syscalls.pageSize.roundingUp(size) else {
      throw .sizeTooLarge(size)
    }
    return rounded
  }

  // MARK: Reserve and release

  /// Reserves address space, and commits nothing unless asked to.
  ///
  /// - Complexity: O(1) for zero; O(√size) for another fill.
  package static func reserve(
    size: ByteCount, alignment: ByteCount, fill: FillPattern, options: LazyMemoryOptions
  ) throws(AllocationError) -> Reservation {
    let page = Syscalls.pageSize.bytes
    guard alignment > 0, alignment <= maximumAlignment, PageSize(alignment) != nil else {
      throw .invalidAlignment(alignment)
    }
    guard fill.length >= 1, fill.length <= FillPattern.maximumLength else {
      throw .invalidFillPattern(fill.length)
    }
    if options.contains(.requiresAvailable) { try AvailableMemory.require(size) }
    let fill = fill.simplified
    var reservation = Reservation(
      start: VirtualAddress(rawValue: 0), size: try wholePages(size),
      alignment: max(alignment, page), options: options, backing: .anonymous(fill: 0))
    let isMapped = try reservation.mapBySystemCall(fill)
    if !isMapped {
      if fill == .zero {
        try reservation.mapAnonymous()
      } else {
        guard !options.contains(.hugePages) else { throw .hugePagesWithFill }
        try reservation.mapTiles(patternLength: fill.length) { length throws(AllocationError) in
          try PatternTile(fill: fill, length: length)
        }
      }
    }
    if options.contains(.prefault) {
      do throws(AllocationError) {
        try reservation.prefault(0..<reservation.size)
      } catch {
        reservation.release()
        throw error
      }
    }
    return reservation
  }

  /// Asks a kernel that has our system calls; returns false where there is none, or none for this.
  private mutating func mapBySystemCall(_ fill: FillPattern) throws(AllocationError) -> Bool {
    guard LazyMemoryEngine.current == .systemCalls, let byte = fill.singleByte else { return false }
    do throws(SystemCallFailure) {
      start = try Syscalls.reserve(
        size: size, alignment: hugePageAlignment, fill: byte, traits: traits)
    } catch {
      if error.isNotOnOffer { return false }
      throw MappingLimits.explain(error, size: size, isAccounted: traits.isAccounted)
    }
    backing = .anonymous(fill: byte)
    return true
  }

  /// The alignment, and that of a huge page where these are wanted; more would waste address space.
  private var hugePageAlignment: ByteCount {
    options.contains(.hugePages) ? max(alignment, .mebibytes(2)) : alignment
  }

  private mutating func mapAnonymous() throws(AllocationError) {
    let traits = traits
    do throws(SystemCallFailure) {
      start = try Self.aligned(size: size, alignment: hugePageAlignment) {
        size throws(SystemCallFailure) in try Syscalls.mapAnonymous(size: size, traits: traits)
      }
      if options.contains(.hugePages) {
        // A kernel built without them refuses: then the pages are small ones, which are right too.
        do throws(SystemCallFailure) {
          try Syscalls.advise(start, size: size, .hugePages)
        } catch {
          guard error.isInvalid else {
            Syscalls.unmapOwn(start, size: size)
            throw error
          }
        }
      }
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: traits.isAccounted)
    }
  }

  /// Maps the pieces of a tile, which `make` makes of the length that it is given.
  mutating func mapTiles(
    patternLength: ByteCount,
    _ make: (ByteCount) throws(AllocationError) -> PatternTile
  ) throws(AllocationError) {
    let layout = PieceLayout(patternLength: patternLength, pageSize: Syscalls.pageSize)
    try MappingLimits.checkMappings(layout.pieceCount(for: size), for: size)
    // The place comes first: it costs nothing, and an absurd size then fails before a tile is made.
    let place: VirtualAddress
    do throws(SystemCallFailure) {
      place = try Self.emptyPlace(size: size, alignment: alignment)
    } catch {
      throw MappingLimits.explain(error, size: size, isAccounted: false)
    }
    let tile: PatternTile
    do throws(AllocationError) {
      tile = try make(layout.tileLength(for: size))
    } catch {
      Syscalls.unmapOwn(place, size: size)
      throw error
    }
    do throws(SystemCallFailure) {
      try Self.map(
        0..<size, of: place, from: tile, layout: layout, traits: traits)
      if !RunningKernel.stackMeansPageGranular {
        try Syscalls.advise(place, size: size, .pageGranular)
      }
    } catch {
      // Explained while the mappings stand, so that they can be counted.
      let reason = MappingLimits.explain(error, size: size, isAccounted: traits.isAccounted)
      Syscalls.unmapOwn(place, size: size)
      tile.close()
      throw reason
    }
    start = place
    backing = .tiles(tile, layout)
  }

  /// Maps the pieces of a range, of which the first may begin and the last may end in the middle.
  static func map(
    _ range: Range<ByteCount>, of start: VirtualAddress, from tile: PatternTile,
    layout: PieceLayout, traits: MappingTraits
  ) throws(SystemCallFailure) {
    var position = range.lowerBound
    while position < range.upperBound {
      let piece = layout.piece(at: position)
      let end = min(piece.upperBound, range.upperBound)
      try Syscalls.mapFile(
        tile.descriptor, offset: position - piece.lowerBound, at: start + position,
        size: end - position, traits: traits)
      position = end
    }
  }

  /// Address space for other mappings to be laid on.
  static func emptyPlace(
    size: ByteCount, alignment: ByteCount
  ) throws(SystemCallFailure) -> VirtualAddress {
    try aligned(size: size, alignment: alignment) {
      size throws(SystemCallFailure) in try Syscalls.mapNothing(size: size)
    }
  }

  /// Maps more than needed where the alignment asks for it, and gives the ends back.
  private static func aligned(
    size: ByteCount, alignment: ByteCount,
    by map: (ByteCount) throws(SystemCallFailure) -> VirtualAddress
  ) throws(SystemCallFailure) -> VirtualAddress {
    let slack = alignment - Syscalls.pageSize.bytes
    if slack <= 0 { return try map(size) }
    let whole = try map(size + slack)
    let mask = UInt(alignment.rawValue) - 1
    let start = VirtualAddress(rawValue: (whole.rawValue + mask) & ~mask)
    let end = whole + size + slack
    if start > whole { Syscalls.unmapOwn(whole, size: start - whole) }
    if end > start + size { Syscalls.unmapOwn(start + size, size: end - (start + size)) }
    return start
  }

  /// Gives everything back. The value must not be used any more.
  package func release() {
    Syscalls.unmapOwn(start, size: size)
    if case .tiles(let tile, _) = backing { tile.close() }
  }

  // MARK: What Reservation+Resize changes

  /// Takes over a new place or size, and perhaps a longer tile, once all is mapped there.
  package mutating func settle(at start: VirtualAddress, size: ByteCount, tile: PatternTile? = nil)
  {
    self.start = start
    self.size = size
    if let tile, case .tiles(_, let layout) = backing { backing = .tiles(tile, layout) }
  }

  /// Whether the invariants at the top of this file hold.
  package func checkInvariants() -> Bool {
    guard size > 0, Syscalls.pageSize.isAligned(size) else { return false }
    guard start.rawValue % UInt(alignment.rawValue) == 0 else { return false }
    if case .tiles(let tile, let layout) = backing {
      return tile.length >= layout.tileLength(for: size)
    }
    return true
  }
}
