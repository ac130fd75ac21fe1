// SPDX-License-Identifier: MIT

// Growing and shrinking. Contents stay, new pages are lazy, and a failure leaves all as it was: new
// mappings are made first, old ones given up last, and what was moved before a failure moves back.

package import Pages
internal import System

extension Reservation {
  /// Changes the size, in place where there is room.
  ///
  /// - Complexity: O(1) for zero, O(√size) for another fill; no page is copied.
  package mutating func resize(to newSize: ByteCount) throws(AllocationError) {
    let newSize = try Self.wholePages(newSize)
    if newSize == size { return }
    let oldSize = size
    if newSize < oldSize {
      do throws(SystemCallFailure) {
        try Syscalls.unmap(start + newSize, size: oldSize - newSize)
      } catch {
        throw MappingLimits.explain(error, size: newSize, isAccounted: false)
      }
      settle(at: start, size: newSize)
      return
    }
    if options.contains(.requiresAvailable) { try AvailableMemory.require(newSize - oldSize) }
    switch backing {
    case .anonymous: try growAnonymous(to: newSize)
    case .tiles(let tile, let layout): try growTiles(to: newSize, tile: tile, layout: layout)
    }
    if options.contains(.prefault) {
      do throws(AllocationError) {
        try prefault(oldSize..<newSize)
      } catch {
        Syscalls.unmapOwn(start + oldSize, size: newSize - oldSize)
        settle(at: start, size: oldSize)
        throw error
      }
    }
  }

  private mutating func growAnonymous(to newSize: ByteCount) throws(AllocationError) {
    do throws(SystemCallFailure) {
      if alignment <= Syscalls.pageSize.bytes {
        let moved: VirtualAddress
        do throws(SystemCallFailure) {
          moved = try Syscalls.remap(start, size: size, to: newSize, move: .anywhere)
        } catch {
          guard error.spansMappings else { throw error }
          moved = try moveSplit(to: newSize)
        }
        settle(at: moved, size: newSize)
        return
      }
      do throws(SystemCallFailure) {
        try Syscalls.remap(start, size: size, to: newSize, move: .never)
        settle(at: start, size: newSize)
        return
      } catch {
        // Occupied behind it: ENOMEM, which also stands for limits. Those fail again below.
        guard error.isOutOfMemory else { throw error }
      }
      let place = try Self.emptyPlace(size: newSize, alignment: alignment)
      do throws(SystemCallFailure) {
        try Syscalls.remap(start, size: size, to: newSize, move: .to(place))
        settle(at: place, size: newSize)
      } catch {
        Syscalls.unmapOwn(place, size: newSize)
        throw error
      }
    } catch {
      throw MappingLimits.explain(error, size: newSize - size, isAccounted: traits.isAccounted)
    }
  }

  /// Moves memory that the heap has put together from several mappings, which can't be resized at once:
  /// as it is, since Linux 6.17, or else by copying it.
  private func moveSplit(to newSize: ByteCount) throws(SystemCallFailure) -> VirtualAddress {
    let place = try Syscalls.mapAnonymous(size: newSize, traits: traits)
    do throws(SystemCallFailure) {
      try Syscalls.remap(start, size: size, to: size, move: .to(place))
      return place
    } catch {
      // The kernel may have unmapped the place before it refused: somebody else may have it by now.
      Syscalls.unmapOwn(place + size, size: newSize - size)
      guard error.spansMappings else { throw error }
    }
    let copy = try Syscalls.mapAnonymous(size: newSize, traits: traits)
    unsafe Syscalls.copyBytes(from: start.rawValue, to: copy.rawValue, size.rawValue)
    Syscalls.unmapOwn(start, size: size)
    return copy
  }

  private mutating func growTiles(
    to newSize: ByteCount, tile: PatternTile, layout: PieceLayout
  ) throws(AllocationError) {
    try MappingLimits.checkMappings(layout.pieceCount(for: newSize), for: newSize)
    // The place comes first: it costs nothing, and an absurd size then fails before a tile is made.
    let place: GrowthPlace
    do throws(SystemCallFailure) {
      place = try findPlace(for: newSize)
    } catch {
      throw MappingLimits.explain(error, size: newSize - size, isAccounted: traits.isAccounted)
    }
    let needed = layout.tileLength(for: newSize)
    let newTile: PatternTile
    do throws(AllocationError) {
      newTile = needed > tile.length ? try tile.lengthened(to: needed) : tile
    } catch {
      Syscalls.unmapOwn(place.reserved, size: place.reservedSize)
      throw error
    }
    do throws(SystemCallFailure) {
      try mapAdded(at: place.start, to: newSize, old: tile, new: newTile, layout)
      if place.start != start { try movePieces(to: place.start, layout) }
    } catch {
      // Explained while the mappings stand, so that they can be counted.
      let reason = MappingLimits.explain(
        error, size: newSize - size, isAccounted: traits.isAccounted)
      Syscalls.unmapOwn(place.reserved, size: place.reservedSize)
      if newTile.descriptor != tile.descriptor { newTile.close() }
      throw reason
    }
    if place.start != start { Syscalls.unmapOwn(start, size: size) }
    settle(at: place.start, size: newSize, tile: newTile)
    if newTile.descriptor != tile.descriptor { tile.close() }
  }

  /// Where a grown memory will begin, and the address space that is held for it meanwhile.
  private struct GrowthPlace {
    let start: VirtualAddress
    let reserved: VirtualAddress
    let reservedSize: ByteCount
  }

  /// A place behind the memory, or else a new one for all of it.
  private func findPlace(for newSize: ByteCount) throws(SystemCallFailure) -> GrowthPlace {
    do throws(SystemCallFailure) {
      let end = try Syscalls.mapNothing(size: newSize - size, at: start + size)
      return GrowthPlace(start: start, reserved: end, reservedSize: newSize - size)
    } catch {
      // Out of memory: the place would reach beyond the end of the address space.
      guard error.isOccupied || error.isOutOfMemory else { throw error }
    }
    let place = try Self.emptyPlace(size: newSize, alignment: alignment)
    return GrowthPlace(start: place, reserved: place, reservedSize: newSize)
  }

  /// Maps what a growth adds to the memory that begins, or will begin, at `base`.
  private func mapAdded(
    at base: VirtualAddress, to newSize: ByteCount, old: PatternTile, new: PatternTile,
    _ layout: PieceLayout
  ) throws(SystemCallFailure) {
    // The piece that ended too early goes on in the file that it began in: then the kernel makes one
    // mapping of both parts, and pieces remain what can be moved at once.
    let unfinished = min(layout.piece(at: size - 1).upperBound, newSize)
    try Self.map(size..<unfinished, of: base, from: old, layout: layout, traits: traits)
    try Self.map(unfinished..<newSize, of: base, from: new, layout: layout, traits: traits)
    if !RunningKernel.stackMeansPageGranular {
      try Syscalls.advise(base + size, size: newSize - size, .pageGranular)
    }
  }

  /// Moves every piece, for mremap moves one mapping at a time.
  ///
  /// The old mappings stay, empty, until all have moved: then there is always a way back. Where the
  /// kernel can't do that (before Linux 5.13, or at the commit limit) they go at once.
  private func movePieces(
    to place: VirtualAddress, _ layout: PieceLayout
  ) throws(SystemCallFailure) {
    var position: ByteCount = 0
    do throws(SystemCallFailure) {
      while position < size {
        let piece = layout.piece(at: position)
        let length = min(piece.upperBound, size) - position
        do throws(SystemCallFailure) {
          try Syscalls.remap(
            start + position, size: length, to: length, move: .leaving(place + position))
        } catch {
          guard error.isInvalid || error.isOutOfMemory else { throw error }
          try Syscalls.remap(
            start + position, size: length, to: length, move: .to(place + position))
        }
        position += length
      }
    } catch {
      var moved: ByteCount = 0
      while moved < position {
        let piece = layout.piece(at: moved)
        let length = min(piece.upperBound, size) - moved
        do throws(SystemCallFailure) {
          try Syscalls.remap(place + moved, size: length, to: length, move: .to(start + moved))
        } catch {
          // A mapping that moved once can move back: nothing has taken its place or its budget.
          preconditionFailure("mremap refused to move memory back")
        }
        moved += length
      }
      throw error
    }
  }
}
