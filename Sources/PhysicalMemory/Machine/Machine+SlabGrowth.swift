// SPDX-License-Identifier: MIT

// A cache that has no object left gets a new slab, for which memory may have to be reclaimed. Its
// constructor runs for each object, and may use the machine.
//
// Complexity: what the zone allocator needs for a slab, and O(objects of a slab).

internal import Pages

extension Machine {
  @inline(__always)
  mutating func allocate(
    number: Int, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    if let offset = slabs.takeCached(number, flags, pages) {
      return KernelAddress(rawValue: slabs.directStart.rawValue &+ UInt64(offset))
    }
    return try allocateWithChecks(number, flags)
  }

  @inline(never)
  private mutating func allocateWithChecks(
    _ number: Int, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    if pages.context.isAtomic, flags.contains(.directReclaim) {
      throw .sleepInAtomicContext(flags)
    }
    let array = slabs.array(number, pages)
    while slabs.arrays[array].count == 0 {
      if try !slabs.refill(number, array, pages) { try grow(number, flags) }
    }
    return slabs.directStart + ByteCount(try slabs.takeWithChecks(number, array, flags, pages))
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
      list = (address - slabs.directStart).rawValue
    }
    let slab: PageFrameNumber
    do throws(MachineError) {
      slab = try allocatePages(order: Order(unchecked: record.order), flags: pageFlags)
    } catch {
      if let list { try slabs.free(offset: list, record.freeListCachePlusOne - 1, &pages) }
      throw error
    }
    slabs.begin(slab, number, list: list, pages)
    for index in 0..<record.objectsPerSlab {
      let offset = slabs.beginObject(slab, index, number, pages)
      if record.hasConstructor, let constructor = hooks.constructors[number] {
        constructor(&self, slabs.directStart + ByteCount(offset))
      }
    }
    try slabs.adopt(slab, number, pages)
  }

  /// Whole pages for a request too large for a general cache.
  @inline(never)
  mutating func kmallocPages(
    _ size: ByteCount, _ flags: GFPFlags
  ) throws(MachineError) -> KernelAddress {
    if size == 0 { return SlabAllocator.zeroSizeAddress }
    let order = try Order(holding: size)
    let frame = try allocatePages(order: order, flags: flags.subtracting([.highMemory, .movable]))
    slabs.adoptPages(frame, size, pages)
    return directAddress(of: frame)
  }
}
