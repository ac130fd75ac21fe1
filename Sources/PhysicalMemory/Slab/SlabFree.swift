// SPDX-License-Identifier: MIT

// Objects back: into the processor's array; where that is full, a batch of the coldest goes to their
// slabs; where a node has many free objects, slabs that become empty go back to the zone allocator.
//
// Complexity: O(1) into the array, O(batch) else.

internal import Pages

extension Machine {
  /// Frees an object (kmem_cache_free).
  ///
  /// - Throws: ``SlabError``: it is free already, no object, another cache's, or its red zone was
  ///   overwritten.
  @inline(__always)
  public mutating func freeObject(
    _ address: KernelAddress, to cache: SlabCacheNumber
  ) throws(MachineError) {
    let number = try check(cache)
    guard let offset = liveOffset(address) else { throw refusal(address) }
    guard
      frames[PageFrameNumber(index: offset >> 12)].owner
        == FrameOwner(.slab, number: UInt64(number))
    else { throw refusal(offset, number) }
    try freeObject(offset: offset, number)
  }

  /// Why a free is refused. It changes nothing, and yet is `mutating`: for a call that borrows the machine
  /// the compiler would copy it, 2 KiB, before every free.
  @inline(never)
  mutating func refusal(_ address: KernelAddress) -> MachineError { notLive(address) }

  @inline(never)
  private mutating func refusal(_ offset: Int, _ number: Int) -> MachineError {
    foreign(offset, number)
  }

  /// The offset in the direct map of an object that somebody has, or nil where nobody has one there.
  @inline(__always)
  func liveOffset(_ address: KernelAddress) -> Int? {
    let offset = address.rawValue &- plan.directMap.lowerBound.rawValue
    guard offset < UInt64(plan.directFrames) &<< 12, offset & 7 == 0,
      slabs.isLive(Int(truncatingIfNeeded: offset))
    else { return nil }
    return Int(truncatingIfNeeded: offset)
  }

  @inline(__always)
  mutating func freeObject(offset: Int, _ number: Int) throws(MachineError) {
    let array = number &* processorCount &+ processorIndex
    let count = slabs.arrays[array].count
    if count < slabs.caches[number].fastLimit, nodeCount == 1 || isOfThisNode(offset) {
      slabs.flip(offset)
      slabs.entries[array &* SlabState.arraySize &+ count] = UInt64(truncatingIfNeeded: offset)
      slabs.arrays[array].count = count &+ 1
      return
    }
    try freeWithChecks(offset, number, array)
  }

  @inline(__always)
  private func isOfThisNode(_ offset: Int) -> Bool {
    Int(frames[PageFrameNumber(index: offset >> 12)].zoneIndex) >> 2 == nodeIndex
  }

  @inline(never)
  private mutating func freeWithChecks(
    _ offset: Int, _ number: Int, _ array: Int
  ) throws(MachineError) {
    let record = slabs.caches[number]
    if !record.isPlain {
      if let damage = damage(offset, record, isLive: true) {
        markRedZones(offset, record, Self.redZoneActive)
        throw .slab(error(number, damage))
      }
      markFree(offset, record)
    }
    slabs.flip(offset)
    // An object of another node goes to its slab: this node's array is for this node's objects.
    let head = slabHead(PageFrameNumber(index: offset >> 12))
    if Int(frames[head].zoneIndex) >> 2 != nodeIndex {
      giveBack(offset, number)
      return
    }
    if slabs.arrays[array].count >= record.limit { flush(number, array, record.batch) }
    slabs.entries[array * SlabState.arraySize + slabs.arrays[array].count] = UInt64(offset)
    slabs.arrays[array].count += 1
  }

  /// Returns the objects that were freed first to their slabs.
  mutating func flush(_ number: Int, _ array: Int, _ wanted: Int) {
    let base = array * SlabState.arraySize
    let count = slabs.arrays[array].count
    let flushed = min(wanted, count)
    for index in 0..<flushed {
      giveBack(Int(truncatingIfNeeded: slabs.entries[base + index]), number)
    }
    for index in flushed..<count {
      slabs.entries[base + index - flushed] = slabs.entries[base + index]
    }
    slabs.arrays[array].count = count - flushed
  }

  /// Returns an object to its slab.
  private mutating func giveBack(_ offset: Int, _ number: Int) {
    let slab = slabHead(PageFrameNumber(index: offset >> 12))
    let record = slabs.caches[number]
    let first = slab.index << 12 + Int(frames[slab].index) + record.objectOffset
    let active = Int(frames[slab].privateData)
    setFreeListEntry(freeList(slab), active - 1, (offset - first) / record.stride)
    frames[slab].privateData = UInt64(active - 1)
    let lists = listIndex(slab, number)
    slabs.lists[lists].freeObjects += 1
    if active == record.objectsPerSlab {
      slabs.lists[lists].full.remove(slab, frames)
      slabs.lists[lists].partial.insert(slab, at: .last, frames)
    }
    guard active == 1 else { return }
    slabs.lists[lists].partial.remove(slab, frames)
    if slabs.lists[lists].freeObjects > slabs.lists[lists].freeLimit {
      destroySlab(slab, number)
    } else {
      slabs.lists[lists].empty.insert(slab, at: .first, frames)
    }
  }

  /// Gives an empty slab's frames back, which is in no list any more.
  private mutating func destroySlab(_ slab: PageFrameNumber, _ number: Int) {
    let record = slabs.caches[number]
    let list = freeList(slab)
    slabs.lists[listIndex(slab, number)].freeObjects -= record.objectsPerSlab
    slabs.caches[number].slabs -= 1
    slabs.caches[number].givenBack += 1
    pages.add(-(1 << record.order), to: slabCounter(record), of: slab)
    frames[slab].flags.remove(.slab)
    for index in 0..<(1 << record.order) {
      frames[PageFrameNumber(index: slab.index + index)].owner = .nobody
    }
    pages.release(slab, record.order, cold: false)
    if record.freeListCachePlusOne > 0 {
      // It is a general cache's, without checks that could fail.
      try? freeObject(offset: list, record.freeListCachePlusOne - 1)
    }
  }

  // MARK: Giving memory back

  /// Returns what processors' arrays hold, and gives empty slabs back (kmem_cache_shrink).
  ///
  /// - Returns: the frames that became free.
  @discardableResult
  public mutating func shrinkSlabCache(_ cache: SlabCacheNumber) throws(MachineError) -> Int {
    shrinkSlabs(try check(cache))
  }

  /// The same for every cache (kmem_cache_reap).
  @discardableResult
  public mutating func reapSlabCaches() -> Int {
    var freed = 0
    // Twice: slabs of free lists become empty only when the slabs that they are of have gone.
    for _ in 0..<2 {
      for number in slabs.definitions.indices where slabs.caches[number].isUsed {
        freed += shrinkSlabs(number)
      }
    }
    return freed
  }

  @discardableResult
  mutating func shrinkSlabs(_ number: Int) -> Int {
    let before = slabs.caches[number].slabs
    for cpu in 0..<processorCount {
      flush(number, number * processorCount + cpu, SlabState.arraySize)
    }
    for node in 0..<nodeCount {
      while let slab = slabs.lists[number * nodeCount + node].empty.pop(.first, frames) {
        destroySlab(slab, number)
      }
    }
    return (before - slabs.caches[number].slabs) << slabs.caches[number].order
  }
}
