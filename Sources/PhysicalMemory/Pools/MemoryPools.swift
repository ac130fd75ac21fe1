// SPDX-License-Identifier: MIT

// Memory that never runs out: a reserve of elements for work that must go on, such as writing pages so
// that they can be freed.
//
//     alloc:  outside, without sleep ─▶ reserve ─▶ outside, with reclaim ─▶ wait for a free
//     free:   a waiting request ─▶ reserve, if below min_nr ─▶ outside
//
// *Outside* is what a pool is made over, its *source*: a slab cache, kmalloc, pages, or any two functions.
// Pools keep it and never call it: ``Machine`` does, whose memory it gives (Machine/Machine+Pools.swift).
// What a pool did not give can't be freed to it.
//
// Waiting. A machine has one user at a time, so none of its verbs can block midway and let others in. A
// request that has to wait leaves a continuation and returns. The element goes straight to the waiter that
// came first, within the call that frees it. A thread that shares a machine behind a lock blocks on its
// own semaphore and signals it in the continuation, as the tests do. As the pool may miss a free, waiters
// also try outside again every 5,000 ticks (Linux: 5 seconds), by ``Machine/retryMemoryPools()``, which
// ``Machine/tick(_:)`` calls.
//
// Invariants: 0 ≤ current ≤ min_nr; nobody waits while the reserve has an element; an element is in
// the reserve or in use, once.
//
// Source: mm/mempool.c, Linux 2.6 to 6.12.

/// A pool as it is now.
public struct MemoryPoolState: Sendable, Hashable {
  /// Elements that the reserve keeps (min_nr), and has now (curr_nr).
  public var reserve: Int
  /// Elements that the reserve has now (curr_nr).
  public var current: Int
  /// The number that its functions are handed (pool_data).
  public var data: UInt64
  /// Elements that somebody has.
  public var inUse: Int
  /// Requests that wait for an element.
  public var waiters: Int
  /// Elements that came from the reserve so far, and waiters that an element was handed to.
  public var reserveUses = 0
  /// Waiters that an element was handed to so far.
  public var wakes = 0
}

/// Every pool: its reserve, who has its elements, and who waits for one.
struct MemoryPools<Source, Continuation>: ~Copyable {
  /// A request that waits for an element.
  struct Waiter {
    var flags: GFPFlags
    var since: Int
    var resume: Continuation
  }

  private struct Pool {
    var reserve: Int
    let source: Source
    var elements: [UInt64]
    var inUse: Set<UInt64> = []
    var waiters: [Waiter] = []
    var reserveUses = 0
    var wakes = 0
  }

  private var pools: [Pool?] = []
  private let stays = StaysInPlace()

  /// Ticks after which a waiter tries outside again.
  static var retryTicks: Int { 5000 }

  /// Every pool, by number.
  var all: [MemoryPoolNumber] {
    pools.indices.filter { pools[$0] != nil }.map { MemoryPoolNumber(rawValue: $0) }
  }

  private func pool(_ number: MemoryPoolNumber) throws(MachineError) -> Pool {
    guard pools.indices.contains(number.rawValue), let pool = pools[number.rawValue] else {
      throw .pool(.noSuchPool(number))
    }
    return pool
  }

  /// What a pool is made over.
  func source(of number: MemoryPoolNumber) throws(MachineError) -> Source {
    try pool(number).source
  }

  /// The request that waits longest for a pool's element.
  func firstWaiter(for number: MemoryPoolNumber) -> Waiter? {
    (try? pool(number))?.waiters.first
  }

  /// A pool as it is now.
  ///
  /// - Parameter data: the number that a source's functions are handed.
  func state(
    of number: MemoryPoolNumber, data: (Source) -> UInt64
  ) throws(MachineError) -> MemoryPoolState {
    let pool = try pool(number)
    return MemoryPoolState(
      reserve: pool.reserve, current: pool.elements.count, data: data(pool.source),
      inUse: pool.inUse.count, waiters: pool.waiters.count, reserveUses: pool.reserveUses,
      wakes: pool.wakes)
  }

  // MARK: Pools

  /// Throws for a reserve that no pool can have.
  static func check(reserve: Int) throws(MachineError) {
    guard reserve >= 0, reserve <= 1_000_000 else { throw .pool(.invalidReserve(reserve)) }
  }

  /// Makes a pool whose reserve is full.
  mutating func add(_ elements: [UInt64], of source: Source) -> MemoryPoolNumber {
    pools.append(Pool(reserve: elements.count, source: source, elements: elements))
    return MemoryPoolNumber(rawValue: pools.count - 1)
  }

  /// Forgets a pool that nobody uses.
  ///
  /// - Returns: its reserve, for its source.
  mutating func remove(_ number: MemoryPoolNumber) throws(MachineError) -> [UInt64] {
    let pool = try pool(number)
    guard pool.inUse.isEmpty, pool.waiters.isEmpty else {
      throw .pool(
        .poolInUse(number, elements: pool.inUse.count, waiters: pool.waiters.count))
    }
    pools[number.rawValue] = nil
    return pool.elements
  }

  /// Elements that a reserve lacks to keep more than it does; none while somebody waits for one.
  func missing(_ number: MemoryPoolNumber, for reserve: Int) -> Int {
    guard let pool = try? pool(number), pool.reserve < reserve, pool.waiters.isEmpty else {
      return 0
    }
    return reserve - pool.elements.count
  }

  /// Takes an element out of a reserve that is to keep fewer.
  mutating func takeExcess(_ number: MemoryPoolNumber, above reserve: Int) -> UInt64? {
    guard pools[number.rawValue]!.elements.count > reserve else { return nil }
    return pools[number.rawValue]!.elements.removeLast()
  }

  /// Has a reserve keep another number of elements, and adds some.
  mutating func setReserve(
    _ reserve: Int, of number: MemoryPoolNumber, adding elements: [UInt64]
  ) {
    pools[number.rawValue]!.elements += elements
    pools[number.rawValue]!.reserve = reserve
    check(number)
  }

  // MARK: Elements

  /// Notes that an element from outside is in use.
  mutating func noteUse(_ element: UInt64, of number: MemoryPoolNumber) {
    pools[number.rawValue]!.inUse.insert(element)
    check(number)
  }

  /// Takes an element of the reserve.
  mutating func takeReserve(_ number: MemoryPoolNumber) -> UInt64? {
    guard let element = pools[number.rawValue]!.elements.popLast() else { return nil }
    pools[number.rawValue]!.reserveUses += 1
    noteUse(element, of: number)
    return element
  }

  /// Puts a request last among those that wait.
  mutating func wait(
    for number: MemoryPoolNumber, _ flags: GFPFlags, since now: Int, _ resume: Continuation
  ) {
    pools[number.rawValue]!.waiters.append(Waiter(flags: flags, since: now, resume: resume))
    check(number)
  }

  /// Takes the request that waits longest, which is to have an element.
  mutating func wake(_ number: MemoryPoolNumber) -> Continuation? {
    guard let waiter = pools[number.rawValue]!.waiters.first else { return nil }
    pools[number.rawValue]!.waiters.removeFirst()
    pools[number.rawValue]!.wakes += 1
    return waiter.resume
  }

  /// Has all that wait for a pool begin to wait now.
  mutating func restartWaiters(_ number: MemoryPoolNumber, at now: Int) {
    for index in pools[number.rawValue]!.waiters.indices {
      pools[number.rawValue]!.waiters[index].since = now
    }
  }

  /// Throws for what is no element in use.
  func check(_ element: UInt64, of number: MemoryPoolNumber) throws(MachineError) {
    guard try pool(number).inUse.contains(element) else {
      throw .pool(.notAnElement(number, element))
    }
  }

  /// Puts an element back into the reserve; false where that is full.
  mutating func keep(_ element: UInt64, in number: MemoryPoolNumber) -> Bool {
    guard pools[number.rawValue]!.elements.count < pools[number.rawValue]!.reserve else {
      return false
    }
    pools[number.rawValue]!.inUse.remove(element)
    pools[number.rawValue]!.elements.append(element)
    check(number)
    return true
  }

  /// Notes that an element went back outside.
  mutating func noteFree(_ element: UInt64, of number: MemoryPoolNumber) {
    pools[number.rawValue]!.inUse.remove(element)
  }

  // MARK: Invariants

  /// In builds with assertions, ends the program where a pool does not hold.
  private func check(_ number: MemoryPoolNumber) {
    assert(broken(number.rawValue, everyElement: false).isEmpty, "memory pool \(number.rawValue)")
  }

  private func broken(_ number: Int, everyElement: Bool) -> [String] {
    guard let pool = pools[number] else { return [] }
    var broken: [String] = []
    if everyElement {
      let elements = Set(pool.elements)
      if elements.count != pool.elements.count || !elements.isDisjoint(with: pool.inUse) {
        broken.append("memory pool \(number): an element is in two places")
      }
    }
    if pool.elements.count > pool.reserve {
      broken.append("memory pool \(number): \(pool.elements.count) of \(pool.reserve) in reserve")
    }
    if !pool.waiters.isEmpty, !pool.elements.isEmpty {
      broken.append("memory pool \(number): somebody waits for what is there")
    }
    return broken
  }

  /// Checks every pool.
  ///
  /// - Returns: what does not hold, and where.
  func checkInvariants() -> [String] {
    pools.indices.flatMap { broken($0, everyElement: true) }
  }
}
