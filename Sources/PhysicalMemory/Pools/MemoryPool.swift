// SPDX-License-Identifier: MIT

// Memory that is never out: a reserve of elements for work that must go on, such as writing pages so
// that others become free.
//
//     alloc:  outside, without sleep ─▶ reserve ─▶ outside, with reclaim ─▶ wait for a free
//     free:   who waits ─▶ reserve, if below min_nr ─▶ outside
//
// *Outside* is what a pool is made over: a slab cache, kmalloc, pages, or any two functions. A pool is
// its owner's alone: who does not hold its number can't use it, and what it did not give can't be freed
// to it.
//
// Waiting. A machine has one user at a time, so that none of its verbs can stop in its middle and let
// others in. A request that has to wait leaves what is to be done with the element and returns. The
// element goes straight to the waiter that came first, within the call that frees it. A thread that
// shares a machine behind a lock blocks on a semaphore of its own and has it signalled there; the tests
// do. As a free might come that the pool does not see, waiters also try outside again every 5,000 ticks
// (Linux: 5 seconds), by ``Machine/retryMemoryPools()``, which ``Machine/tick(_:)`` calls.
//
// Invariants: 0 ≤ current ≤ min_nr; nobody waits while the reserve has an element; an element is in
// the reserve or in use, once.
//
// Source: mm/mempool.c, Linux 2.6 to 6.12.

public import Pages

/// The number of a memory pool.
public struct MemoryPoolNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// What a pool is made over: the functions that get and give an element, and a number for them (Linux's
/// pool_data).
public struct MemoryPoolSource {
  /// Gets an element: an address, or a frame's number.
  public var allocate: (inout Machine, GFPFlags, UInt64) throws(MachineError) -> UInt64
  /// Gives it back.
  public var free: (inout Machine, UInt64, UInt64) throws(MachineError) -> Void
  /// Handed to both.
  public var data: UInt64

  /// A source of elements; both functions are handed `data`.
  public init(
    data: UInt64,
    allocate: @escaping (inout Machine, GFPFlags, UInt64) throws(MachineError) -> UInt64,
    free: @escaping (inout Machine, UInt64, UInt64) throws(MachineError) -> Void
  ) {
    self.data = data
    self.allocate = allocate
    self.free = free
  }

  /// Objects of a slab cache (mempool_alloc_slab): elements are addresses.
  public static func slab(_ cache: SlabCacheNumber) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(cache.rawValue),
      allocate: { machine, flags, data throws(MachineError) in
        try machine.allocateObject(
          from: SlabCacheNumber(rawValue: Int(data)), flags: flags
        ).rawValue
      },
      free: { machine, element, data throws(MachineError) in
        try machine.freeObject(
          KernelAddress(rawValue: element), to: SlabCacheNumber(rawValue: Int(data)))
      })
  }

  /// Memory of a size (mempool_kmalloc): elements are addresses.
  public static func kmalloc(_ size: ByteCount) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(max(0, size.rawValue)),
      allocate: { machine, flags, data throws(MachineError) in
        try machine.kmalloc(ByteCount(Int(data)), flags: flags).rawValue
      },
      free: { machine, element, _ throws(MachineError) in
        try machine.kfree(KernelAddress(rawValue: element))
      })
  }

  /// Blocks of frames (mempool_alloc_pages): elements are numbers of frames.
  public static func pages(_ order: Order) -> MemoryPoolSource {
    MemoryPoolSource(
      data: UInt64(order.rawValue),
      allocate: { machine, flags, data throws(MachineError) in
        UInt64(try machine.allocatePages(order: Order(Int(data)), flags: flags).rawValue)
      },
      free: { machine, element, data throws(MachineError) in
        try machine.freePages(
          PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: element)), order: Order(Int(data)))
      })
  }
}

/// What goes on with an element that was waited for.
public typealias MemoryPoolContinuation = (inout Machine, UInt64) -> Void

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

/// Every pool.
struct MemoryPools {
  struct Waiter {
    var flags: GFPFlags
    var since: Int
    var resume: MemoryPoolContinuation
  }

  struct Pool {
    var reserve: Int
    var elements: [UInt64] = []
    var source: MemoryPoolSource
    var inUse: Set<UInt64> = []
    var waiters: [Waiter] = []
    var reserveUses = 0
    var wakes = 0
  }

  static let retryTicks = 5000

  var pools: [Pool?] = []
}
