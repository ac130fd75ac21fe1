// SPDX-License-Identifier: MIT

// What can be done with a memory pool: ``MemoryPools`` keeps it, and its source is called here.

extension Machine {
  /// Makes a pool and fills its reserve (mempool_create).
  ///
  /// - Parameters:
  ///   - reserve: elements that it keeps (min_nr).
  ///   - source: what it is made over.
  /// - Throws: what the source throws; then nothing is kept.
  public mutating func createMemoryPool(
    reserve: Int, over source: MemoryPoolSource
  ) throws(MachineError) -> MemoryPoolNumber {
    try MemoryPools<MemoryPoolSource, MemoryPoolContinuation>.check(reserve: reserve)
    return pools.add(try elements(reserve, of: source), of: source)
  }

  /// Elements of a source, all or none.
  private mutating func elements(
    _ count: Int, of source: MemoryPoolSource
  ) throws(MachineError) -> [UInt64] {
    var elements: [UInt64] = []
    do throws(MachineError) {
      for _ in 0..<count {
        elements.append(try source.allocate(&self, .kernel, source.data))
      }
    } catch {
      for element in elements { try source.free(&self, element, source.data) }
      throw error
    }
    return elements
  }

  /// Destroys a pool and gives its reserve back (mempool_destroy).
  ///
  /// - Throws: ``MemoryPoolError/poolInUse(_:elements:waiters:)``.
  public mutating func destroyMemoryPool(_ pool: MemoryPoolNumber) throws(MachineError) {
    let source = try pools.source(of: pool)
    for element in try pools.remove(pool) { try source.free(&self, element, source.data) }
  }

  /// Allocates an element (mempool_alloc).
  ///
  /// - Parameters:
  ///   - flags: with `directReclaim`, the request may wait.
  ///   - resume: what is to be done with the element once one is free.
  /// - Returns: the element; nil where the request waits.
  /// - Throws: ``MemoryPoolError/exhausted(_:)`` where it may not sleep;
  ///   ``MemoryPoolError/mustWait(_:)`` where it may, and `resume` is nil.
  public mutating func allocate(
    from pool: MemoryPoolNumber, flags: GFPFlags = .kernel,
    orWait resume: MemoryPoolContinuation? = nil
  ) throws(MachineError) -> UInt64? {
    let source = try pools.source(of: pool)
    if pages.context.isAtomic, flags.contains(.directReclaim) { throw .sleepInAtomicContext(flags) }
    // The pool has its own reserve: that of the zones, and the end of a process, are for others.
    let careful = flags.union([.noMemoryReserves, .noRetry, .noWarning])
    let quick = careful.subtracting([.directReclaim, .io])
    if let element = fromOutside(pool, source, quick) { return element }
    if let element = pools.takeReserve(pool) { return element }
    guard flags.contains(.directReclaim) else { throw .pool(.exhausted(pool)) }
    if let element = fromOutside(pool, source, careful) { return element }
    guard let resume else { throw .pool(.mustWait(pool)) }
    pools.wait(for: pool, flags, since: clock.now, resume)
    return nil
  }

  private mutating func fromOutside(
    _ pool: MemoryPoolNumber, _ source: MemoryPoolSource, _ flags: GFPFlags
  ) -> UInt64? {
    guard let element = try? source.allocate(&self, flags, source.data) else { return nil }
    pools.noteUse(element, of: pool)
    return element
  }

  /// Frees an element (mempool_free): to the request that waits longest, else to the reserve, else
  /// outside.
  ///
  /// - Throws: ``MemoryPoolError/notAnElement(_:_:)``; what the source throws.
  public mutating func free(
    _ element: UInt64, to pool: MemoryPoolNumber
  ) throws(MachineError) {
    try pools.check(element, of: pool)
    if let resume = pools.wake(pool) { return resume(&self, element) }
    if pools.keep(element, in: pool) { return }
    let source = try pools.source(of: pool)
    try source.free(&self, element, source.data)
    pools.noteFree(element, of: pool)
  }

  /// Changes how many elements the reserve keeps (mempool_resize).
  ///
  /// - Throws: what the source throws; then the reserve keeps as many as before, at least.
  public mutating func resizeMemoryPool(
    _ pool: MemoryPoolNumber, reserve: Int
  ) throws(MachineError) {
    let source = try pools.source(of: pool)
    try MemoryPools<MemoryPoolSource, MemoryPoolContinuation>.check(reserve: reserve)
    while let element = pools.takeExcess(pool, above: reserve) {
      try source.free(&self, element, source.data)
    }
    let added = try elements(pools.missing(pool, for: reserve), of: source)
    pools.setReserve(reserve, of: pool, adding: added)
  }

  /// Has waiters try outside again that have waited for 5,000 ticks.
  public mutating func retryMemoryPools() {
    for pool in pools.all {
      while let waiter = pools.firstWaiter(for: pool), let source = try? pools.source(of: pool),
        clock.now - waiter.since
          >= MemoryPools<MemoryPoolSource, MemoryPoolContinuation>.retryTicks
      {
        let flags = waiter.flags.union([.noMemoryReserves, .noRetry, .noWarning])
        guard let element = fromOutside(pool, source, flags) else {
          pools.restartWaiters(pool, at: clock.now)
          break
        }
        pools.wake(pool)?(&self, element)
      }
    }
  }

  /// A pool as it is now.
  public func memoryPool(_ pool: MemoryPoolNumber) throws(MachineError) -> MemoryPoolState {
    try pools.state(of: pool) { $0.data }
  }

  /// Every pool, by number.
  public var memoryPools: [MemoryPoolNumber] { pools.all }
}
