// SPDX-License-Identifier: MIT

// Freeing objects: into the processor's array; if that is full, a batch of the coldest goes to their slabs;
// if a node has many free objects, slabs that become empty are freed.
//
// Complexity: O(1) into the array, otherwise O(batch).

internal import Pages

extension SlabAllocator {
  /// Frees an object of a cache.
  @inline(__always)
  mutating func free(
    _ address: KernelAddress, to cache: SlabCacheNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let number = try check(cache)
    guard let offset = liveOffset(address) else { throw notLive(address, pages) }
    guard
      pages.frames[PageFrameNumber(index: offset >> 12)].owner
        == FrameOwner(.slab, number: UInt64(number))
    else { throw foreign(offset, number, pages) }
    try free(offset: offset, number, &pages)
  }

  /// The offset in the direct map of an object in use, or nil if there is none at the address.
  @inline(__always)
  func liveOffset(_ address: KernelAddress) -> Int? {
    let offset = address.rawValue &- directStart.rawValue
    guard offset < directBytes, offset & 7 == 0,
      isLive(Int(truncatingIfNeeded: offset))
    else { return nil }
    return Int(truncatingIfNeeded: offset)
  }

  @inline(__always)
  mutating func free(
    offset: Int, _ number: Int, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let array = number &* processorCount &+ pages.processorIndex
    let count = arrays[array].count
    if count < caches[number].fastLimit, nodeCount == 1 || isOfThisNode(offset, pages) {
      flip(offset)
      entries[array &* Self.arraySize &+ count] = UInt64(truncatingIfNeeded: offset)
      arrays[array].count = count &+ 1
      return
    }
    try freeWithChecks(offset, number, array, &pages)
  }

  @inline(__always)
  private func isOfThisNode(_ offset: Int, _ pages: borrowing PageAllocator) -> Bool {
    Int(pages.frames[PageFrameNumber(index: offset >> 12)].zoneIndex) >> 2 == pages.nodeIndex
  }

  @inline(never)
  private mutating func freeWithChecks(
    _ offset: Int, _ number: Int, _ array: Int, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let record = caches[number]
    if !record.isPlain {
      if let damage = damage(offset, record, isLive: true, pages) {
        markRedZones(offset, record, Self.redZoneActive, pages)
        throw .slab(error(number, damage))
      }
      markFree(offset, record, pages)
    }
    flip(offset)
    // An object of another node goes to its slab: this node's array is for this node's objects.
    let head = slabHead(PageFrameNumber(index: offset >> 12), pages)
    if Int(pages.frames[head].zoneIndex) >> 2 != pages.nodeIndex {
      giveBack(offset, number, &pages)
      return
    }
    if arrays[array].count >= record.limit { flush(number, array, record.batch, &pages) }
    entries[array * Self.arraySize + arrays[array].count] = UInt64(offset)
    arrays[array].count += 1
  }

  /// Returns the objects that were freed first to their slabs.
  mutating func flush(
    _ number: Int, _ array: Int, _ wanted: Int, _ pages: inout PageAllocator
  ) {
    let base = array * Self.arraySize
    let count = arrays[array].count
    let flushed = min(wanted, count)
    for index in 0..<flushed {
      giveBack(Int(truncatingIfNeeded: entries[base + index]), number, &pages)
    }
    for index in flushed..<count {
      entries[base + index - flushed] = entries[base + index]
    }
    arrays[array].count = count - flushed
  }

  /// Returns an object to its slab.
  private mutating func giveBack(
    _ offset: Int, _ number: Int, _ pages: inout PageAllocator
  ) {
    let slab = slabHead(PageFrameNumber(index: offset >> 12), pages)
    let record = caches[number]
    let first = slab.index << 12 + Int(pages.frames[slab].index) + record.objectOffset
    let active = Int(pages.frames[slab].privateData)
    setFreeListEntry(freeList(slab, pages), active - 1, (offset - first) / record.stride, pages)
    pages.frames[slab].privateData = UInt64(active - 1)
    let list = listIndex(slab, number, pages)
    lists[list].freeObjects += 1
    if active == record.objectsPerSlab {
      lists[list].full.remove(slab, pages.frames)
      lists[list].partial.insert(slab, at: .last, pages.frames)
    }
    guard active == 1 else { return }
    lists[list].partial.remove(slab, pages.frames)
    if lists[list].freeObjects > lists[list].freeLimit {
      destroy(slab, number, &pages)
    } else {
      lists[list].empty.insert(slab, at: .first, pages.frames)
    }
  }

  /// Frees an empty slab that is in no list any more.
  private mutating func destroy(
    _ slab: PageFrameNumber, _ number: Int, _ pages: inout PageAllocator
  ) {
    let record = caches[number]
    let list = freeList(slab, pages)
    lists[listIndex(slab, number, pages)].freeObjects -= record.objectsPerSlab
    caches[number].slabs -= 1
    caches[number].givenBack += 1
    pages.add(-(1 << record.order), to: slabCounter(record), of: slab)
    pages.frames[slab].flags.remove(.slab)
    for index in 0..<(1 << record.order) {
      pages.frames[PageFrameNumber(index: slab.index + index)].owner = .nobody
    }
    pages.release(slab, record.order, cold: false)
    if record.freeListCachePlusOne > 0 {
      // It belongs to a general cache, which has no checks that could fail.
      try? free(offset: list, record.freeListCachePlusOne - 1, &pages)
    }
  }

  // MARK: Giving memory back

  /// Empties processors' arrays, frees empty slabs, and returns how many frames those had.
  mutating func shrink(
    _ cache: SlabCacheNumber, _ pages: inout PageAllocator
  ) throws(MachineError) -> Int {
    shrink(number: try check(cache), &pages)
  }

  /// Shrinks every cache.
  mutating func reap(_ pages: inout PageAllocator) -> Int {
    var freed = 0
    // Twice: slabs that hold free lists become empty only after the slabs that used those lists.
    for _ in 0..<2 {
      for number in names.indices where caches[number].isUsed {
        freed += shrink(number: number, &pages)
      }
    }
    return freed
  }

  @discardableResult
  mutating func shrink(number: Int, _ pages: inout PageAllocator) -> Int {
    let before = caches[number].slabs
    for cpu in 0..<processorCount {
      flush(number, number * processorCount + cpu, Self.arraySize, &pages)
    }
    for node in 0..<nodeCount {
      while let slab = lists[number * nodeCount + node].empty.pop(.first, pages.frames) {
        destroy(slab, number, &pages)
      }
    }
    return (before - caches[number].slabs) << caches[number].order
  }
}
