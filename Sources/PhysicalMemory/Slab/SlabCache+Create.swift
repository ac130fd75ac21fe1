// SPDX-License-Identifier: MIT

// Making and destroying caches, and how a slab is laid out.

internal import Pages

extension SlabAllocator {
  /// The size of a cache line, and so of the smallest colour.
  static let cacheLine = 64

  /// Makes a cache without a slab.
  mutating func create(
    _ name: String, objectSize: ByteCount, alignment: ByteCount = 8,
    options: SlabCacheOptions = [], hasConstructor: Bool = false, for layout: MachineLayout
  ) throws(MachineError) -> SlabCacheNumber {
    let hasSpace = name.utf8.contains { $0 <= 32 || $0 == 127 }
    guard !name.isEmpty, name.utf8.count <= 32, !hasSpace else { throw .slab(.invalidName(name)) }
    guard objectSize > 0, objectSize <= .kibibytes(128) else {
      throw .slab(.invalidObjectSize(objectSize))
    }
    let align = alignment.rawValue
    guard align > 0, align <= 4096, align & (align - 1) == 0 else {
      throw .slab(.invalidAlignment(alignment))
    }
    guard cache(named: name) == nil else { throw .slab(.nameInUse(name)) }
    guard !freeNumbers.isEmpty || names.count < Self.cacheLimit else {
      throw .slab(.tooManyCaches(limit: Self.cacheLimit))
    }
    let number = freeNumbers.popLast() ?? names.count
    if number < names.count { names[number] = name } else { names.append(name) }
    layOut(
      number, size: objectSize.rawValue, alignment: align, options: options,
      hasConstructor: hasConstructor)
    for node in 0..<nodeCount {
      let sharers = layout.processors.count { $0.rawValue == node }
      lists[number * nodeCount + node] = SlabLists(
        full: FrameList(), partial: FrameList(), empty: FrameList(), freeObjects: 0,
        freeLimit: (1 + sharers) * caches[number].batch + caches[number].objectsPerSlab,
        nextColour: 0)
    }
    return handle(number)
  }

  /// Destroys a cache and gives its slabs back.
  mutating func destroy(
    _ cache: SlabCacheNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    let number = try check(cache)
    let name = names[number]
    if caches[number].options.contains(.general) { throw .slab(.generalCache(name)) }
    let live = liveObjects(number)
    guard live == 0 else { throw .slab(.cacheInUse(name, objects: live)) }
    shrink(number: number, &pages)
    caches[number].isUsed = false
    caches[number].generation += 1
    names[number] = ""
    freeNumbers.append(number)
  }

  /// The cache of a name.
  func cache(named name: String) -> SlabCacheNumber? {
    guard let number = names.firstIndex(of: name) else { return nil }
    return handle(number)
  }

  /// Every cache, in the order of their numbers.
  var all: [SlabCacheNumber] {
    names.indices.filter { caches[$0].isUsed }.map { handle($0) }
  }

  func handle(_ number: Int) -> SlabCacheNumber {
    SlabCacheNumber(rawValue: caches[number].generation << 12 | number)
  }

  /// The index of a cache that there is.
  @inline(__always)
  func check(_ cache: SlabCacheNumber) throws(MachineError) -> Int {
    let number = cache.index
    guard caches[number].isUsed, cache.rawValue >> 12 == caches[number].generation
    else { throw .slab(.noSuchCache(cache)) }
    return number
  }

  /// Decides how a cache's slabs are cut (calculate_slab_order).
  private mutating func layOut(
    _ number: Int, size: Int, alignment: Int, options: SlabCacheOptions, hasConstructor: Bool
  ) {
    var align = max(8, alignment)
    if options.contains(.cacheLineAligned) {
      // Small objects share a line, as many as fit.
      var line = Self.cacheLine
      while size <= line / 2 { line /= 2 }
      align = max(align, line)
    }
    let hasRedZone = options.contains(.redZone)
    let offset = hasRedZone ? align : 0
    let end = offset + size + (hasRedZone ? 8 : 0)
    let stride = (end + align - 1) / align * align
    var record = SlabCacheRecord(
      isUsed: true, isPlain: true, hasConstructor: hasConstructor,
      options: options, generation: caches[number].generation, objectSize: size,
      alignment: align, stride: stride, objectOffset: offset, objectsPerSlab: 0, order: 0,
      colours: 0, colourStep: max(align, Self.cacheLine), freeListCachePlusOne: 0, limit: 0,
      batch: 0, fastLimit: 0, slabs: 0, grown: 0, givenBack: 0, constructed: 0)
    if record.hasConstructor { record.options.remove(.poison) }
    record.isPlain = record.options.isDisjoint(with: .debug)
    let isOff = stride >= 512
    var left = 0
    for order in 0...Order.largest.rawValue {
      let bytes = 4096 << order
      let count = min(isOff ? bytes / stride : bytes / (stride + 2), Int(UInt16.max))
      guard count > 0 else { continue }
      record.order = order
      record.objectsPerSlab = count
      left = bytes - count * stride - (isOff ? 0 : (count * 2 + 7) & ~7)
      // Rounding up may need the room of an object.
      if left < 0 {
        record.objectsPerSlab -= 1
        left += stride
      }
      if record.objectsPerSlab == 0 { continue }
      // slab_break_gfp_order is 1; an eighth may be lost.
      if options.contains(.reclaimable) || order >= 1 || left * 8 <= bytes { break }
    }
    let freeListSize = (record.objectsPerSlab * 2 + 7) & ~7
    if isOff, left >= freeListSize {
      left -= freeListSize
    } else if isOff {
      record.freeListCachePlusOne = Self.generalCacheIndex(freeListSize, dma: false) + 1
    }
    record.colours = left / record.colourStep + 1
    // enable_cpucache()
    record.limit =
      switch size {
      case 131_073...: 1
      case 4097...: 8
      case 1025...: 24
      case 257...: 54
      default: 120
      }
    record.batch = (record.limit + 1) / 2
    record.fastLimit = record.isPlain ? record.limit : 0
    caches[number] = record
  }

  /// Objects in use: taken from slabs, and in no processor's array.
  func liveObjects(_ number: Int) -> Int {
    var count = caches[number].slabs * caches[number].objectsPerSlab
    for node in 0..<nodeCount { count -= lists[number * nodeCount + node].freeObjects }
    for cpu in 0..<processorCount { count -= arrays[number * processorCount + cpu].count }
    return count
  }
}
