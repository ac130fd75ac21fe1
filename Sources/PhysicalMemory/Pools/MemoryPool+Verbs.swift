// SPDX-License-Identifier: MIT

// What can be done with a memory pool.

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
    guard reserve >= 0, reserve <= 1_000_000 else { throw .pool(.invalidReserve(reserve)) }
    var pool = MemoryPools.Pool(reserve: reserve, source: source)
    do throws(MachineError) {
      for _ in 0..<reserve {
        pool.elements.append(try source.allocate(&self, .kernel, source.data))
      }
    } catch {
      for element in pool.elements { try source.free(&self, element, source.data) }
      throw error
    }
    pools.pools.append(pool)
    return MemoryPoolNumber(rawValue: pools.pools.count - 1)
  }

  /// Destroys a pool and gives its reserve back (mempool_destroy).
  ///
  /// - Throws: ``MemoryPoolError/poolInUse(_:elements:waiters:)``.
  public mutating func destroyMemoryPool(_ pool: MemoryPoolNumber) throws(MachineError) {
    let number = try check(pool)
    let state = pools.pools[number]!
    guard state.inUse.isEmpty, state.waiters.isEmpty else {
      throw .pool(
        .poolInUse(pool, elements: state.inUse.count, waiters: state.waiters.count))
    }
    pools.pools[pool.rawValue] = nil
    for element in state.elements { try state.source.free(&self, element, state.source.data) }
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
    let source = pools.pools[try check(pool)]!.source
    if pages.context.isAtomic, flags.contains(.directReclaim) { throw .sleepInAtomicContext(flags) }
    // The pool has its own reserve: that of the zones, and the end of a process, are for others.
    let careful = flags.union([.noMemoryReserves, .noRetry, .noWarning])
    let quick = careful.subtracting([.directReclaim, .io])
    if let element = fromOutside(pool, source, quick) { return element }
    if !pools.pools[pool.rawValue]!.elements.isEmpty {
      let element = pools.pools[pool.rawValue]!.elements.removeLast()
      pools.pools[pool.rawValue]!.inUse.insert(element)
      pools.pools[pool.rawValue]!.reserveUses += 1
      return element
    }
    guard flags.contains(.directReclaim) else { throw .pool(.exhausted(pool)) }
    if let element = fromOutside(pool, source, careful) { return element }
    guard let resume else { throw .pool(.mustWait(pool)) }
    pools.pools[pool.rawValue]!.waiters.append(
      MemoryPools.Waiter(flags: flags, since: clock.now, resume: resume))
    return nil
  }

  private mutating func fromOutside(
    _ pool: MemoryPoolNumber, _ source: MemoryPoolSource, _ flags: GFPFlags
  ) -> UInt64? {
    guard let element = try? source.allocate(&self, flags, source.data) else { return nil }
    pools.pools[pool.rawValue]!.inUse.insert(element)
    return element
  }

  /// Frees an element (mempool_free): to whoever waits longest, else to the reserve, else outside.
  ///
  /// - Throws: ``MemoryPoolError/notAnElement(_:_:)``; what the source throws.
  public mutating func free(
    _ element: UInt64, to pool: MemoryPoolNumber
  ) throws(MachineError) {
    let number = try check(pool)
    guard pools.pools[number]!.inUse.contains(element) else {
      throw .pool(.notAnElement(pool, element))
    }
    if let waiter = pools.pools[number]!.waiters.first {
      pools.pools[pool.rawValue]!.waiters.removeFirst()
      pools.pools[pool.rawValue]!.wakes += 1
      waiter.resume(&self, element)
      return
    }
    if pools.pools[number]!.elements.count < pools.pools[number]!.reserve {
      pools.pools[pool.rawValue]!.inUse.remove(element)
      pools.pools[pool.rawValue]!.elements.append(element)
      return
    }
    let source = pools.pools[number]!.source
    try source.free(&self, element, source.data)
    pools.pools[pool.rawValue]!.inUse.remove(element)
  }

  /// Changes how many elements the reserve keeps (mempool_resize).
  ///
  /// - Throws: what the source throws; then the reserve keeps as many as before, at least.
  public mutating func resizeMemoryPool(
    _ pool: MemoryPoolNumber, reserve: Int
  ) throws(MachineError) {
    let state = pools.pools[try check(pool)]!
    guard reserve >= 0, reserve <= 1_000_000 else { throw .pool(.invalidReserve(reserve)) }
    while pools.pools[pool.rawValue]!.elements.count > reserve {
      let element = pools.pools[pool.rawValue]!.elements.removeLast()
      try state.source.free(&self, element, state.source.data)
    }
    var added: [UInt64] = []
    do throws(MachineError) {
      while pools.pools[pool.rawValue]!.elements.count + added.count < reserve,
        state.reserve < reserve, state.waiters.isEmpty
      {
        added.append(try state.source.allocate(&self, .kernel, state.source.data))
      }
    } catch {
      for element in added { try state.source.free(&self, element, state.source.data) }
      throw error
    }
    pools.pools[pool.rawValue]!.elements += added
    pools.pools[pool.rawValue]!.reserve = reserve
  }

  /// Has waiters try outside again that have waited for 5,000 ticks.
  public mutating func retryMemoryPools() {
    for number in pools.pools.indices {
      let pool = MemoryPoolNumber(rawValue: number)
      while let state = pools.pools[number], let waiter = state.waiters.first,
        clock.now - waiter.since >= MemoryPools.retryTicks
      {
        let flags = waiter.flags.union([.noMemoryReserves, .noRetry, .noWarning])
        guard let element = fromOutside(pool, state.source, flags) else {
          for index in state.waiters.indices {
            pools.pools[number]!.waiters[index].since = clock.now
          }
          break
        }
        pools.pools[number]!.waiters.removeFirst()
        pools.pools[number]!.wakes += 1
        waiter.resume(&self, element)
      }
    }
  }

  /// A pool as it is now.
  public func memoryPool(_ pool: MemoryPoolNumber) throws(MachineError) -> MemoryPoolState {
    let state = pools.pools[try check(pool)]!
    return MemoryPoolState(
      reserve: state.reserve, current: state.elements.count, data: state.source.data,
      inUse: state.inUse.count, waiters: state.waiters.count, reserveUses: state.reserveUses,
      wakes: state.wakes)
  }

  /// Every pool, by number.
  public var memoryPools: [MemoryPoolNumber] {
    pools.pools.indices.filter { pools.pools[$0] != nil }.map { MemoryPoolNumber(rawValue: $0) }
  }

  /// The index of a pool that there is.
  private func check(_ pool: MemoryPoolNumber) throws(MachineError) -> Int {
    guard pools.pools.indices.contains(pool.rawValue), pools.pools[pool.rawValue] != nil else {
      throw .pool(.noSuchPool(pool))
    }
    return pool.rawValue
  }

  func checkMemoryPools(_ broken: inout [String]) {
    for (number, state) in pools.pools.enumerated() {
      guard let state else { continue }
      let elements = Set(state.elements)
      if elements.count != state.elements.count || !elements.isDisjoint(with: state.inUse) {
        broken.append("memory pool \(number): an element is in two places")
      }
      if state.elements.count > state.reserve {
        broken.append("memory pool \(number): \(elements.count) of \(state.reserve) in reserve")
      }
      if !state.waiters.isEmpty, !state.elements.isEmpty {
        broken.append("memory pool \(number): somebody waits for what is there")
      }
    }
  }
}
