// SPDX-License-Identifier: MIT

// Growing and shrinking. Contents stay, new pages are lazy, and a failure leaves all as it was: new
// mappings are made first, old ones given up last, and what was moved before a failure moves back.

internal import Pages

extension Reservation {
  /// Changes the size, in place where there is room.
  ///
  /// - Complexity: O(1) for zero, O(√size) for another fill; no page is copied.
  mutating func resize(to newSize: ByteCount) throws(AllocationError) {
    let newSize = try Self.wholePages(newSize)
    if newSize == size { return }
    let oldSize = size
    if newSize < oldSize {
      do throws(SystemCallFailure) {
        try Syscalls.unmap(start + newSize, size: oldSize - newSize)
      } catch {
        throw Limits.explain(error, size: newSize, isAccounted: false)
      }
      settle(at: start, size: newSize)
      return
    }
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
        let moved = try Syscalls.remap(start, size: size, to: newSize, move: .anywhere)
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
      throw Limits.explain(error, size: newSize - size, isAccounted: traits.isAccounted)
    }
  }

  private mutating func growTiles(
    to newSize: ByteCount, tile: PatternTile, layout: PieceLayout
  ) throws(AllocationError) {
    let needed = layout.tileLength(for: newSize)
    let newTile = needed > tile.length ? try tile.lengthened(to: needed) : tile
    do throws(SystemCallFailure) {
      if try !growInPlace(to: newSize, old: tile, new: newTile, layout) {
        try growElsewhere(to: newSize, old: tile, new: newTile, layout)
      }
    } catch {
      let reason = Limits.explain(error, size: newSize - size, isAccounted: traits.isAccounted)
      if newTile.descriptor != tile.descriptor { newTile.close() }
      throw reason
    }
    if newTile.descriptor != tile.descriptor { tile.close() }
  }

  /// Grows where the memory is, or returns false where something stands behind it.
  private mutating func growInPlace(
    to newSize: ByteCount, old: PatternTile, new: PatternTile, _ layout: PieceLayout
  ) throws(SystemCallFailure) -> Bool {
    do throws(SystemCallFailure) {
      _ = try Syscalls.mapNothing(size: newSize - size, at: start + size)
    } catch {
      // ENOMEM: the place lies beyond the end of the address space.
      if error.isOccupied || error.isOutOfMemory { return false }
      throw error
    }
    do throws(SystemCallFailure) {
      try mapAdded(at: start, to: newSize, old: old, new: new, layout)
    } catch {
      Syscalls.unmapOwn(start + size, size: newSize - size)
      throw error
    }
    settle(at: start, size: newSize, tile: new)
    return true
  }

  private mutating func growElsewhere(
    to newSize: ByteCount, old: PatternTile, new: PatternTile, _ layout: PieceLayout
  ) throws(SystemCallFailure) {
    let place = try Self.emptyPlace(size: newSize, alignment: alignment)
    do throws(SystemCallFailure) {
      try mapAdded(at: place, to: newSize, old: old, new: new, layout)
      try movePieces(to: place, layout)
    } catch {
      Syscalls.unmapOwn(place, size: newSize)
      throw error
    }
    Syscalls.unmapOwn(start, size: size)
    settle(at: place, size: newSize, tile: new)
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
    if !Syscalls.stackMeansPageGranular {
      try Syscalls.advise(base + size, size: newSize - size, .pageGranular)
    }
  }

  /// Moves every piece, for mremap moves one mapping at a time.
  ///
  /// The old mappings stay, empty, until all have moved: then there is always a way back. Where the
  /// kernel can't do that (before Linux 5.13, or for want of commit limit) they go at once.
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
          try Syscalls.remap(start + position, size: length, to: length, move: .to(place + position))
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
