// SPDX-License-Identifier: MIT

// Objects: from the processor's array; where that is empty, a batch from the node's slabs; where those
// have none, from a new slab.
//
// Complexity: O(1) from the array, O(batch) else, and what the zone allocator needs for a new slab.

internal import Pages

extension Machine {
  /// Allocates an object (kmem_cache_alloc).
  ///
  /// - Returns: its address in the direct map. What it holds is what its constructor, or whoever had it
  ///   last, left there; zero with `zero`.
  /// - Throws: as ``allocatePages(order:flags:node:)``; ``SlabError`` where a debugging cache finds that
  ///   the object was written to while it was free, or a slab's free list is damaged.
  @inline(__always)
  public mutating func allocateObject(
    from cache: SlabCacheNumber, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    try allocate(number: try check(cache), flags)
  }

  @inline(__always)
  mutating func allocate(
    number: Int, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    let array = number &* processorCount &+ processorIndex
    let count = slabs.arrays[array].count
    if count > 0, slabs.caches[number].isPlain, !flags.contains(.zero), !pages.context.isAtomic {
      let offset = Int(
        truncatingIfNeeded: slabs.entries[array &* SlabState.arraySize &+ count &- 1])
      if slabs.takeLive(offset) {
        slabs.arrays[array].count = count &- 1
        return KernelAddress(rawValue: plan.directMap.lowerBound.rawValue &+ UInt64(offset))
      }
    }
    return try allocateWithChecks(number, flags)
  }

  @inline(never)
  private mutating func allocateWithChecks(
    _ number: Int, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    if pages.context.isAtomic, flags.contains(.directReclaim) { throw .sleepInAtomicContext(flags) }
    let array = number * processorCount + processorIndex
    while slabs.arrays[array].count == 0 {
      if try !refill(number, array) { try grow(number, flags) }
    }
    slabs.arrays[array].count -= 1
    let entry = array * SlabState.arraySize + slabs.arrays[array].count
    let offset = Int(truncatingIfNeeded: slabs.entries[entry])
    let record = slabs.caches[number]
    guard !slabs.isLive(offset) else {
      // The list named it twice: whoever has it keeps it, and it is not handed out again.
      throw .slab(
        .corruptedDescriptor(
          slabs.definitions[number].name, slabHead(PageFrameNumber(index: offset >> 12))))
    }
    if !record.isPlain, let damage = damage(offset, record, isLive: false) {
      slabs.arrays[array].count += 1
      markFree(offset, record)
      throw .slab(error(number, damage))
    }
    slabs.flip(offset)
    if flags.contains(.zero) { fillDirect(offset, record.objectSize, 0) }
    if record.options.contains(.redZone) { markRedZones(offset, record, Self.redZoneActive) }
    return plan.directMap.lowerBound + ByteCount(offset)
  }

  /// Moves a batch from the node's slabs to a processor's array; false where they have no object.
  private mutating func refill(_ number: Int, _ array: Int) throws(MachineError) -> Bool {
    let lists = number * nodeCount + nodeIndex
    var moved = 0
    while moved < slabs.caches[number].batch {
      guard let slab = slabs.lists[lists].partial.first ?? slabs.lists[lists].empty.first else {
        break
      }
      let offset = try take(slab, number)
      let entry = array * SlabState.arraySize + slabs.arrays[array].count
      slabs.entries[entry] = UInt64(offset)
      slabs.arrays[array].count += 1
      moved += 1
    }
    return moved > 0
  }

  /// Takes an object of a slab that has one.
  private mutating func take(_ slab: PageFrameNumber, _ number: Int) throws(MachineError) -> Int {
    let objects = slabs.caches[number].objectsPerSlab
    let active = Int(frames[slab].privateData)
    let index = freeListEntry(freeList(slab), active)
    let offset = objectOffset(slab, index, number)
    guard index < objects, !slabs.isLive(offset) else {
      throw .slab(.corruptedDescriptor(slabs.definitions[number].name, slab))
    }
    frames[slab].privateData = UInt64(active + 1)
    let lists = listIndex(slab, number)
    slabs.lists[lists].freeObjects -= 1
    if active == 0 {
      slabs.lists[lists].empty.remove(slab, frames)
      slabs.lists[lists].partial.insert(slab, at: .first, frames)
    }
    if active + 1 == objects {
      slabs.lists[lists].partial.remove(slab, frames)
      slabs.lists[lists].full.insert(slab, at: .last, frames)
    }
    return offset
  }

  /// Makes a new slab, and runs its objects' constructor.
  private mutating func grow(_ number: Int, _ flags: GFPFlags) throws(MachineError) {
    let record = slabs.caches[number]
    var pageFlags = flags.subtracting([.highMemory, .movable, .zero])
    if record.options.contains(.dma) { pageFlags.formUnion(.dma) }
    if record.order > 0 { pageFlags.formUnion(.compound) }
    var list: Int?
    if record.freeListCachePlusOne > 0 {
      let address = try allocate(
        number: record.freeListCachePlusOne - 1, flags.subtracting([.dma, .dma32, .zero]))
      list = (address - plan.directMap.lowerBound).rawValue
    }
    let slab: PageFrameNumber
    do throws(MachineError) {
      slab = try allocatePages(order: Order(unchecked: record.order), flags: pageFlags)
    } catch {
      if let list { try freeObject(offset: list, record.freeListCachePlusOne - 1) }
      throw error
    }
    let count = 1 << record.order
    for index in 0..<count {
      frames[PageFrameNumber(index: slab.index + index)].owner = FrameOwner(
        .slab, number: UInt64(number))
    }
    let lists = listIndex(slab, number)
    let colour = slabs.lists[lists].nextColour
    slabs.lists[lists].nextColour = (colour + 1) % record.colours
    let end = slab.index << 12 + 4096 << record.order
    frames[slab].flags.formUnion(.slab)
    frames[slab].index = UInt64(colour * record.colourStep)
    frames[slab].privateData = 0
    frames[slab].extra = UInt64(list ?? end - (record.objectsPerSlab * 2 + 7) & ~7)
    for index in 0..<record.objectsPerSlab {
      setFreeListEntry(freeList(slab), index, index)
      let offset = objectOffset(slab, index, number)
      if !record.isPlain { markFree(offset, record) }
      if record.hasConstructor, let constructor = slabs.definitions[number].constructor {
        constructor(&self, plan.directMap.lowerBound + ByteCount(offset))
      }
    }
    slabs.caches[number].slabs += 1
    slabs.caches[number].grown += 1
    if record.hasConstructor { slabs.caches[number].constructed += record.objectsPerSlab }
    slabs.lists[lists].freeObjects += record.objectsPerSlab
    slabs.lists[lists].empty.insert(slab, at: .first, frames)
    pages.add(count, to: slabCounter(record), of: slab)
    // Another node's slab: its objects are wanted here now.
    if Int(frames[slab].zoneIndex) >> 2 != nodeIndex {
      let array = number * processorCount + processorIndex
      let offset = try take(slab, number)
      slabs.entries[array * SlabState.arraySize + slabs.arrays[array].count] = UInt64(offset)
      slabs.arrays[array].count += 1
    }
  }
}
