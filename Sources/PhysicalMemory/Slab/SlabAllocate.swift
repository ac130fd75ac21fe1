// SPDX-License-Identifier: MIT

// Allocating objects: from the processor's array; if that is empty, a batch from the node's slabs; if those
// have none, from a new slab, which the machine makes (Machine/Machine+SlabGrowth.swift).
//
// Complexity: O(1) from the array, otherwise O(batch).

internal import Pages

extension SlabAllocator {
  /// The current processor's array of a cache.
  @inline(__always)
  func array(_ number: Int, _ pages: borrowing PageAllocator) -> Int {
    number &* processorCount &+ pages.processorIndex
  }

  /// The offset of an object from the processor's array, or nil unless the request is an ordinary one.
  @inline(__always)
  mutating func takeCached(
    _ number: Int, _ flags: GFPFlags, _ pages: borrowing PageAllocator
  ) -> Int? {
    let array = array(number, pages)
    let count = arrays[array].count
    guard count > 0, caches[number].isPlain, !flags.contains(.zero), !pages.context.isAtomic else {
      return nil
    }
    let offset = Int(truncatingIfNeeded: entries[array &* Self.arraySize &+ count &- 1])
    guard takeLive(offset) else { return nil }
    arrays[array].count = count &- 1
    return offset
  }

  /// The offset of an object from a processor's array, with all checks, zeroed on request.
  ///
  /// - Precondition: the array is not empty.
  mutating func takeWithChecks(
    _ number: Int, _ array: Int, _ flags: GFPFlags, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> Int {
    arrays[array].count -= 1
    let offset = Int(truncatingIfNeeded: entries[array * Self.arraySize + arrays[array].count])
    let record = caches[number]
    guard !isLive(offset) else {
      // The list named it twice: it is in use, and not handed out again.
      throw .slab(
        .corruptedDescriptor(
          names[number], slabHead(PageFrameNumber(index: offset >> 12), pages)))
    }
    if !record.isPlain, let damage = damage(offset, record, isLive: false, pages) {
      arrays[array].count += 1
      markFree(offset, record, pages)
      throw .slab(error(number, damage))
    }
    flip(offset)
    if flags.contains(.zero) { fillDirect(offset, record.objectSize, 0, pages) }
    if record.options.contains(.redZone) {
      markRedZones(offset, record, Self.redZoneActive, pages)
    }
    return offset
  }

  /// Moves a batch from the node's slabs to a processor's array; false if they have no object.
  mutating func refill(
    _ number: Int, _ array: Int, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> Bool {
    let list = number * nodeCount + pages.nodeIndex
    var moved = 0
    while moved < caches[number].batch {
      guard let slab = lists[list].partial.first ?? lists[list].empty.first else {
        break
      }
      let offset = try take(slab, number, pages)
      let entry = array * Self.arraySize + arrays[array].count
      entries[entry] = UInt64(offset)
      arrays[array].count += 1
      moved += 1
    }
    return moved > 0
  }

  /// Takes an object of a slab that has one.
  private mutating func take(
    _ slab: PageFrameNumber, _ number: Int, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> Int {
    let objects = caches[number].objectsPerSlab
    let active = Int(pages.frames[slab].privateData)
    let index = freeListEntry(freeList(slab, pages), active, pages)
    let offset = objectOffset(slab, index, number, pages)
    guard index < objects, !isLive(offset) else {
      throw .slab(.corruptedDescriptor(names[number], slab))
    }
    pages.frames[slab].privateData = UInt64(active + 1)
    let list = listIndex(slab, number, pages)
    lists[list].freeObjects -= 1
    if active == 0 {
      lists[list].empty.remove(slab, pages.frames)
      lists[list].partial.insert(slab, at: .first, pages.frames)
    }
    if active + 1 == objects {
      lists[list].partial.remove(slab, pages.frames)
      lists[list].full.insert(slab, at: .last, pages.frames)
    }
    return offset
  }

  // MARK: New slabs

  /// Turns a block of frames into a slab that is in no list yet and has no objects yet.
  ///
  /// - Parameter list: where its free list lies, if outside of it.
  func begin(_ slab: PageFrameNumber, _ number: Int, list: Int?, _ pages: borrowing PageAllocator) {
    let record = caches[number]
    for index in 0..<(1 << record.order) {
      pages.frames[PageFrameNumber(index: slab.index + index)].owner = FrameOwner(
        .slab, number: UInt64(number))
    }
    let place = listIndex(slab, number, pages)
    let colour = lists[place].nextColour
    lists[place].nextColour = (colour + 1) % record.colours
    let end = slab.index << 12 + 4096 << record.order
    pages.frames[slab].flags.formUnion(.slab)
    pages.frames[slab].index = UInt64(colour * record.colourStep)
    pages.frames[slab].privateData = 0
    pages.frames[slab].extra = UInt64(list ?? end - (record.objectsPerSlab * 2 + 7) & ~7)
  }

  /// Makes an object of a new slab free.
  ///
  /// - Returns: its offset.
  func beginObject(
    _ slab: PageFrameNumber, _ index: Int, _ number: Int, _ pages: borrowing PageAllocator
  ) -> Int {
    setFreeListEntry(freeList(slab, pages), index, index, pages)
    let offset = objectOffset(slab, index, number, pages)
    if !caches[number].isPlain { markFree(offset, caches[number], pages) }
    return offset
  }

  /// Puts a new slab into its list.
  mutating func adopt(
    _ slab: PageFrameNumber, _ number: Int, _ pages: borrowing PageAllocator
  ) throws(MachineError) {
    let record = caches[number]
    caches[number].slabs += 1
    caches[number].grown += 1
    if record.hasConstructor { caches[number].constructed += record.objectsPerSlab }
    let list = listIndex(slab, number, pages)
    lists[list].freeObjects += record.objectsPerSlab
    lists[list].empty.insert(slab, at: .first, pages.frames)
    pages.add(1 << record.order, to: slabCounter(record), of: slab)
    // Another node's slab: one object is needed here now.
    if Int(pages.frames[slab].zoneIndex) >> 2 != pages.nodeIndex {
      let array = array(number, pages)
      let offset = try take(slab, number, pages)
      entries[array * Self.arraySize + arrays[array].count] = UInt64(offset)
      arrays[array].count += 1
    }
  }
}
