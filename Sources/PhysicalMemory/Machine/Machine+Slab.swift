// SPDX-License-Identifier: MIT

// Memory by objects and by bytes, from the ``SlabAllocator``.

public import Pages

extension Machine {
  // MARK: Caches

  /// Creates a cache (kmem_cache_create). It has no slab until the first allocation.
  ///
  /// - Parameters:
  ///   - name: as slabinfo shows it.
  ///   - objectSize: 1 byte to 128 KiB.
  ///   - alignment: a power of two up to 4,096; 8 at least.
  ///   - constructor: run for each object when its slab is made.
  /// - Throws: ``SlabError`` for invalid parameters.
  public mutating func createSlabCache(
    _ name: String, objectSize: ByteCount, alignment: ByteCount = 8,
    options: SlabCacheOptions = [], constructor: SlabConstructor? = nil
  ) throws(MachineError) -> SlabCacheNumber {
    let cache = try slabs.create(
      name, objectSize: objectSize, alignment: alignment, options: options,
      hasConstructor: constructor != nil, for: layout)
    hooks.constructors[cache.index] = constructor
    return cache
  }

  /// Destroys a cache and frees its slabs (kmem_cache_destroy).
  ///
  /// - Throws: ``SlabError/cacheInUse(_:objects:)`` if an object is in use; then nothing has changed.
  public mutating func destroySlabCache(_ cache: SlabCacheNumber) throws(MachineError) {
    try slabs.destroy(cache, &pages)
    hooks.constructors[cache.index] = nil
  }

  /// The cache of a name.
  public func slabCache(named name: String) -> SlabCacheNumber? { slabs.cache(named: name) }

  /// Every cache, in the order of their numbers.
  public var slabCaches: [SlabCacheNumber] { slabs.all }

  /// A cache as it is now.
  public func statistics(of cache: SlabCacheNumber) throws(MachineError) -> SlabCacheStatistics {
    try slabs.statistics(of: cache)
  }

  /// The cache and first address of the object that contains an address.
  public func object(
    at address: KernelAddress
  ) -> (cache: SlabCacheNumber, object: KernelAddress, isLive: Bool)? {
    slabs.object(at: address, pages)
  }

  /// Checks every object of a cache, free or not.
  ///
  /// - Returns: the damage found; none in caches without red zones and poison.
  /// - Complexity: O(bytes of the cache's slabs).
  public func checkObjects(of cache: SlabCacheNumber) throws(MachineError) -> [SlabError] {
    try slabs.checkObjects(of: cache, pages)
  }

  /// Empties processors' arrays and frees empty slabs (kmem_cache_shrink).
  ///
  /// - Returns: the frames that became free.
  @discardableResult
  public mutating func shrinkSlabCache(_ cache: SlabCacheNumber) throws(MachineError) -> Int {
    try slabs.shrink(cache, &pages)
  }

  /// Shrinks every cache (kmem_cache_reap).
  @discardableResult
  public mutating func reapSlabCaches() -> Int { slabs.reap(&pages) }

  // MARK: Objects

  /// Allocates an object (kmem_cache_alloc).
  ///
  /// - Returns: its address in the direct map. It holds what its constructor or last user left there, or
  ///   zero with `zero`.
  /// - Throws: as ``allocatePages(order:flags:node:)``; ``SlabError`` if a debugging cache finds that the
  ///   object was written to while free, or a slab's free list is damaged.
  @inline(__always)
  public mutating func allocateObject(
    from cache: SlabCacheNumber, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    try allocate(number: try slabs.check(cache), flags)
  }

  /// Frees an object (kmem_cache_free).
  ///
  /// - Throws: ``SlabError`` if it is already free, not an object, another cache's, or its red zone was
  ///   overwritten.
  @inline(__always)
  public mutating func freeObject(
    _ address: KernelAddress, to cache: SlabCacheNumber
  ) throws(MachineError) {
    try slabs.free(address, to: cache, &pages)
  }

  // MARK: Bytes

  /// Requests above it get whole pages.
  public static var largestObject: ByteCount { 8192 }
  /// What `kmalloc(0)` returns; it must not be dereferenced (ZERO_SIZE_PTR).
  public static var zeroSizeAddress: KernelAddress { SlabAllocator.zeroSizeAddress }

  /// Allocates `size` physically contiguous bytes.
  ///
  /// - Returns: an address aligned to 8 at least, and to the size where that is a power of two.
  /// - Throws: as ``allocatePages(order:flags:node:)``; ``MachineError/invalidSize(_:)`` above 4 MiB.
  @inline(__always)
  public mutating func kmalloc(
    _ size: ByteCount, flags: GFPFlags = .kernel
  ) throws(MachineError) -> KernelAddress {
    guard size.rawValue &- 1 >= 0, size <= Self.largestObject else {
      return try kmallocPages(size, flags)
    }
    return try allocate(
      number: SlabAllocator.generalCacheIndex(size.rawValue, dma: flags.contains(.dma)), flags)
  }

  /// Frees what ``kmalloc(_:flags:)`` returned; address 0 and that of 0 bytes are ignored.
  ///
  /// - Throws: ``SlabError`` if it is already free, or was never allocated.
  @inline(__always)
  public mutating func kfree(_ address: KernelAddress) throws(MachineError) {
    try slabs.kfree(address, &pages)
  }

  /// An object's actual size (ksize).
  public func ksize(_ address: KernelAddress) throws(MachineError) -> ByteCount {
    try slabs.ksize(address, pages)
  }
}
