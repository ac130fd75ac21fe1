// SPDX-License-Identifier: MIT

internal import Pages

/// What reclaim knows: time, chance, files, swap, and whom to ask.
struct ReclaimState: ~Copyable {
  var clock = Clock()
  var chance: Chance
  var pageCache = PageCache()
  var swap: SwapArea
  var writeBack = WriteBackQueue()
  var shrinkers: [Shrinker?] = []
  var pageTables: PageTableOwner?
  var outOfMemoryHandler: OutOfMemoryHandler?
  let nodes: RecordTable<ReclaimNode>
  private let nodeMemory: RecordMemory<ReclaimNode>

  init(layout: MachineLayout) throws(AllocationError) {
    let swap = try SwapArea(size: layout.swap)
    let nodeMemory = try RecordMemory<ReclaimNode>(count: layout.nodeCount)
    self.swap = swap
    nodes = RecordTable(nodeMemory)
    self.nodeMemory = nodeMemory
    chance = Chance(seed: layout.seed)
  }

  var swapHasRoom: Bool { swap.freeSlots > 0 }
}

/// The machine's time: it passes only when somebody lets it.
public struct Clock: Sendable, Hashable, BitwiseCopyable {
  /// Ticks since boot: milliseconds, where it matters.
  public internal(set) var now = 0
  /// A tick is being worked on.
  var isTicking = false
}

/// The machine's chance: the same seed, the same course (SplitMix64: Steele, Lea and Flood, OOPSLA
/// 2014).
public struct Chance: RandomNumberGenerator, Sendable, Hashable, BitwiseCopyable {
  private var state: UInt64

  /// The course of a seed.
  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

extension Machine {
  /// The machine's time.
  public var clock: Clock { reclaim.clock }

  /// Random numbers that follow from the machine's seed alone.
  public var chance: Chance {
    get { reclaim.chance }
    set { reclaim.chance = newValue }
  }

  /// Lets time pass: writes are finished, kswapd works where it is awake, and what is dirty for too
  /// long is written.
  public mutating func tick(_ count: Int = 1) {
    guard !reclaim.clock.isTicking else { return }
    reclaim.clock.isTicking = true
    defer { reclaim.clock.isTicking = false }
    for _ in 0..<max(0, count) {
      reclaim.clock.now += 1
      finishWrites()
      writeOldPages()
      runKswapd()
      retryMemoryPools()
    }
  }
}
