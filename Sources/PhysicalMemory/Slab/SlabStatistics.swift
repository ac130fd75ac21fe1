// SPDX-License-Identifier: MIT

// Statistics of a cache, and the invariants of all.

public import Pages

/// A slab cache as it is now.
public struct SlabCacheStatistics: Sendable, Hashable {
  /// Its name, as slabinfo shows it.
  public var name: String
  /// The bytes of an object, and from one to the next.
  public var objectSize: ByteCount
  /// The bytes from one object to the next.
  public var stride: ByteCount
  /// Objects that a slab has room for.
  public var objectsPerSlab: Int
  /// The order of the block of frames that is a slab.
  public var order: Order
  /// How many colours slabs have, and the bytes between two.
  public var colours: Int
  /// The bytes between two colours.
  public var colourStep: ByteCount
  /// Whether the list of free objects lies outside of the slab.
  public var isOffSlab: Bool
  /// The options that it was created with.
  public var options: SlabCacheOptions
  /// Objects in use.
  public var liveObjects: Int
  /// Objects in processors' arrays.
  public var cachedObjects: Int
  /// All objects of all slabs.
  public var objects: Int
  /// Slabs all of whose objects are in use.
  public var fullSlabs: Int
  /// Slabs with objects in use and free ones.
  public var partialSlabs: Int
  /// Slabs none of whose objects is in use.
  public var emptySlabs: Int
  /// Slabs made and given back so far.
  public var grown: Int
  /// Slabs given back so far.
  public var givenBack: Int
  /// Objects whose constructor was run so far.
  public var constructed: Int
  /// What a processor's array holds at most, and how many move at a time.
  public var limit: Int
  /// How many objects move to or from a processor's array at a time.
  public var batch: Int

  /// All slabs.
  public var slabs: Int { fullSlabs + partialSlabs + emptySlabs }
}

extension SlabAllocator {
  /// A cache as it is now.
  func statistics(of cache: SlabCacheNumber) throws(MachineError) -> SlabCacheStatistics {
    let number = try check(cache)
    let record = caches[number]
    let nodes = (0..<nodeCount).map { lists[number * nodeCount + $0] }
    let cached = (0..<processorCount).reduce(0) {
      $0 + arrays[number * processorCount + $1].count
    }
    return SlabCacheStatistics(
      name: names[number], objectSize: ByteCount(record.objectSize),
      stride: ByteCount(record.stride), objectsPerSlab: record.objectsPerSlab,
      order: Order(unchecked: record.order), colours: record.colours,
      colourStep: ByteCount(record.colourStep), isOffSlab: record.freeListCachePlusOne > 0,
      options: record.options, liveObjects: liveObjects(number), cachedObjects: cached,
      objects: record.slabs * record.objectsPerSlab,
      fullSlabs: nodes.reduce(0) { $0 + $1.full.count },
      partialSlabs: nodes.reduce(0) { $0 + $1.partial.count },
      emptySlabs: nodes.reduce(0) { $0 + $1.empty.count }, grown: record.grown,
      givenBack: record.givenBack, constructed: record.constructed, limit: record.limit,
      batch: record.batch)
  }

  /// The cache and first address of the object that contains an address.
  func object(
    at address: KernelAddress, _ pages: borrowing PageAllocator
  ) -> (cache: SlabCacheNumber, object: KernelAddress, isLive: Bool)? {
    guard let frame = pages.physical.frame(at: address),
      let number = slabNumber(of: frame, pages)
    else { return nil }
    let slab = slabHead(frame, pages)
    let record = caches[number]
    let offset = (address - directStart).rawValue
    let distance = offset - (slab.index << 12 + Int(pages.frames[slab].index))
    guard distance >= 0, distance / record.stride < record.objectsPerSlab else { return nil }
    let start = objectOffset(slab, distance / record.stride, number, pages)
    return (handle(number), directStart + ByteCount(start), isLive(start))
  }

  /// Checks every cache, its slabs and its objects.
  ///
  /// - Returns: what does not hold, and where.
  func checkInvariants(_ pages: borrowing PageAllocator) -> [String] {
    var broken: [String] = []
    var frameCounts = [0, 0]
    for number in names.indices where caches[number].isUsed {
      check(number, pages, &broken, &frameCounts)
    }
    if pages.count(.slabReclaimable) != frameCounts[0] {
      broken.append(
        "\(frameCounts[0]) reclaimable slab pages.frames, not \(pages.count(.slabReclaimable))")
    }
    if pages.count(.slabUnreclaimable) < frameCounts[1] {
      broken.append("\(frameCounts[1]) slab pages.frames, not \(pages.count(.slabUnreclaimable))")
    }
    return broken
  }

  private func check(
    _ number: Int, _ pages: borrowing PageAllocator, _ broken: inout [String],
    _ frameCounts: inout [Int]
  ) {
    let name = "slab cache \(names[number])"
    let record = caches[number]
    var cached: Set<Int> = []
    for cpu in 0..<processorCount {
      let array = number * processorCount + cpu
      if arrays[array].count > record.limit { broken.append("\(name): array too full") }
      for entry in 0..<arrays[array].count {
        let offset = Int(entries[array * Self.arraySize + entry])
        if !cached.insert(offset).inserted { broken.append("\(name): an object is cached twice") }
        if isLive(offset) { broken.append("\(name): a live object is cached") }
      }
    }
    var slabCount = 0
    var live = 0
    for node in 0..<nodeCount {
      let lists = lists[number * nodeCount + node]
      var free = 0
      for (list, range) in [
        (lists.full, record.objectsPerSlab...record.objectsPerSlab),
        (lists.partial, 1...max(1, record.objectsPerSlab - 1)), (lists.empty, 0...0),
      ] {
        let elements = list.elements(pages.frames)
        if elements.count != list.count { broken.append("\(name): a list is broken") }
        slabCount += elements.count
        for slab in elements {
          let active = Int(pages.frames[slab].privateData)
          free += record.objectsPerSlab - active
          if !range.contains(active)
            || !pages.frames[slab].flags.isSuperset(of: [.slab, .allocated])
            || pages.frames[slab].owner != FrameOwner(.slab, number: UInt64(number))
            || Int(pages.frames[slab].zoneIndex) >> 2 != node
          {
            broken.append("\(name): slab at frame \(slab), \(active) taken, is in the wrong list")
          }
          live += checkSlab(slab, number, cached, pages, &broken)
        }
      }
      if free != lists.freeObjects {
        broken.append("\(name): node \(node) has \(free) free objects, says \(lists.freeObjects)")
      }
    }
    if slabCount != record.slabs {
      broken.append("\(name): \(slabCount) slabs, not \(record.slabs)")
    }
    if live != liveObjects(number) {
      broken.append("\(name): \(live) live objects, not \(liveObjects(number))")
    }
    frameCounts[record.options.contains(.reclaimable) ? 0 : 1] += slabCount << record.order
  }

  /// Every object of a slab is live, or in an array, or named once by the free list.
  private func checkSlab(
    _ slab: PageFrameNumber, _ number: Int, _ cached: Set<Int>, _ pages: borrowing PageAllocator,
    _ broken: inout [String]
  ) -> Int {
    let record = caches[number]
    let active = min(Int(pages.frames[slab].privateData), record.objectsPerSlab)
    var free: Set<Int> = []
    for entry in active..<record.objectsPerSlab {
      free.insert(freeListEntry(freeList(slab, pages), entry, pages))
    }
    if free.count != record.objectsPerSlab - active {
      broken.append("slab at frame \(slab): the free list names an object twice")
    }
    var live = 0
    for index in 0..<record.objectsPerSlab {
      let offset = objectOffset(slab, index, number, pages)
      let places = [isLive(offset), cached.contains(offset), free.contains(index)]
      if places.count(where: { $0 }) != 1 {
        broken.append("slab at frame \(slab): object \(index) is live, cached, free: \(places)")
      }
      if places[0] { live += 1 }
    }
    return live
  }
}

extension SlabAllocator {
  /// Objects that would go with empty slabs, and those in processors' arrays.
  var emptyObjects: Int {
    var count = 0
    for number in names.indices where caches[number].isUsed {
      for node in 0..<nodeCount {
        count +=
          lists[number * nodeCount + node].empty.count * caches[number].objectsPerSlab
      }
      for cpu in 0..<processorCount { count += arrays[number * processorCount + cpu].count }
    }
    return count
  }
}
