// SPDX-License-Identifier: MIT

// The process's heap: what its threads share. It lies in memory of its own, is made at the first
// block and never goes away.
//
//                 ┌──────────────────────────── Heap ─────────────────────────────┐
//     thread ──▶ ThreadHeap ─┬─▶ spans of blocks up to 64 KiB ──┐                  │
//     thread ──▶ ThreadHeap ─┘                                  ├─▶ slots of segments of 4 MiB
//                 │            one block up to 256 KiB ─────────┘                  │
//                 │            one block above ───────────────────▶ a mapping of its own, in `blocks`
//                 └────────────────────────────────────────────────────────────────┘
//
// Which of them an address belongs to, ``SegmentMap`` says first, then `blocks`; an address in
// neither is foreign. See ``HeapSpan`` for small blocks, ``Segment`` for slots.
//
// Locks: `lock` for everything here but `map` and `blocks`, which need none.

internal import Pages
internal import Synchronization
internal import System

@safe package struct Heap: ~Copyable {
  let lock: HeapLock
  /// Whether this is a fork's child that nobody has told.
  let fork: ForkWord
  let map: SegmentMap
  /// Blocks with a mapping of their own.
  package let blocks: Blocks

  /// Segments with a vacant slot.
  var listed: SegmentPointer?
  /// The segment made last, and through it all others.
  var newest: SegmentPointer?
  var segmentCount: Int
  /// Address space that is mapped and no segment yet.
  var reserve: Range<UInt>
  /// Vacant slots that are not clean.
  var dirtySlots: Int
  /// Bytes of clean slots and zero ranges that were taken since the last balance (Heap+Balance.swift).
  var freshlyTaken: Int

  /// Mapped pages that are no large block's.
  var ranges: FreeRanges
  var density: PageDensity
  let pageTables: PageTables
  /// How often pages could not be moved together.
  var gatherFailures: Int
  /// How many may be, before the process's mappings are counted again.
  var gatherBudget: Int
  /// The large block that was mapped last, if it was really large.
  var lastMapped: (start: UInt, size: Int)
  let settings: HeapSettings
  let counters: HeapCounters

  var purger: Purger
  var isPurging: Bool
  /// What the purge has in hand while it holds no lock, for a fork's child.
  var beingCleaned: BeingCleaned
  /// About how many spans have been returned since the last tick: see Heap+Returned.swift.
  let returnedSpans: Atomic<Int>
  /// Some were returned at the last tick, and not before.
  var awaitsReturned: Bool
  /// In milliseconds, where ticks don't come from a thread.
  let lastTick: Atomic<Int>
  /// Whether the program has ever asked how much of a block it may use: see ``GrownBlock``.
  let tellsUsableSizes: Atomic<Bool>

  /// Used in the hardened mode alone.
  var hardened: Hardened

  /// Heaps whose thread has ended.
  var parked: ThreadHeapPointer?
  /// All of them.
  var newestThread: ThreadHeapPointer?
  /// Memory for more of them, and for parcels.
  var records: Range<UInt>
  /// The first parcel that nobody has, linked through their first words, or 0.
  var spareParcels: UInt
  /// Has a thread's heap parked when the thread ends.
  let threadKey: UInt32?

  /// A fork came while the forking thread held the lock.
  var forksInsideLock: Bool
  /// The same, of the hardened mode's.
  var forksInsideHardened: Bool

  /// The span of every class that has none: it has no block.
  let emptySpan: SpanPointer

  /// This structure comes first; the map is last. Between them lie the empty span and the first thread's
  /// heap, all in one page, and what is not touched before it is used: the free ranges, the counters, the
  /// hardened mode's lists.
  private static let recordSize = 16_384

  /// Where the empty span lies, in bytes from this structure on.
  private static var emptySpanOffset: UInt { UInt((MemoryLayout<Heap>.size + 127) & ~127) }

  /// The process's heap; nil before the first block.
  @inline(__always)
  static var existing: UnsafeMutablePointer<Heap>? {
    unsafe Syscalls.processWord?.assumingMemoryBound(to: Heap.self)
  }

  /// The process's heap, made now if there is none; nil where there is no memory for it.
  static var shared: UnsafeMutablePointer<Heap>? {
    if let heap = unsafe existing { return unsafe heap }
    return unsafe make()
  }

  @inline(never)
  private static func make() -> UnsafeMutablePointer<Heap>? {
    let before = Syscalls.errorNumber
    let size = ByteCount(recordSize &+ SegmentMap.size)
    guard let start = try? Syscalls.mapAnonymous(size: size, traits: MappingTraits()),
      let memory = unsafe start.pointer
    else { return nil }
    let heap = unsafe memory.bindMemory(to: Heap.self, capacity: 1)
    let empty = unsafe (memory + Int(emptySpanOffset)).bindMemory(to: HeapSpan.self, capacity: 1)
    unsafe empty.initialize(to: HeapSpan())
    unsafe heap.initialize(
      to: Heap(
        fork: ForkWord.make(), key: Syscalls.makeThreadKey { unsafe ThreadHeap.end($0) },
        map: SegmentMap(start: (start + ByteCount(recordSize)).rawValue), empty: empty,
        above: start.rawValue &+ emptySpanOffset &+ UInt(HeapSpan.stride)))
    let winner = unsafe Syscalls.publishProcessWord(heap).assumingMemoryBound(to: Heap.self)
    if unsafe winner != heap {
      unsafe heap.pointee.fork.unmap()
      if let key = unsafe heap.pointee.threadKey { Syscalls.deleteThreadKey(key) }
      Syscalls.unmapOwn(start, size: size)
    } else {
      Syscalls.atFork(
        prepare: { Heap.prepareToFork() }, parent: { Heap.endFork() }, child: { Heap.beginChild() })
    }
    Syscalls.errorNumber = before
    return unsafe winner
  }

  /// - Precondition: from the address `above` on are zeroed bytes for all that is not in this structure.
  private init(
    fork: ForkWord, key: UInt32?, map: SegmentMap, empty: SpanPointer, above: UInt
  ) {
    self.fork = fork
    lock = HeapLock(fork: fork)
    self.map = map
    blocks = Blocks()
    unsafe listed = nil
    unsafe newest = nil
    segmentCount = 0
    reserve = 0..<0
    dirtySlots = 0
    freshlyTaken = 0
    let rangeStart = above &+ ThreadHeap.stride
    let counterStart = rangeStart &+ UInt(FreeRanges.size)
    ranges = FreeRanges(start: rangeStart)
    density = PageDensity()
    pageTables = PageTables()
    gatherFailures = 0
    gatherBudget = LargeBlock.firstGatherBudget
    lastMapped = (0, 0)
    settings = HeapSettings.fromEnvironment()
    counters = settings.counts ? HeapCounters(start: counterStart) : .none
    hardened = Hardened(
      secret: settings.isHardened ? Syscalls.randomWord : 0,
      start: counterStart &+ UInt(HeapCounters.size), fork: fork)
    purger = Purger()
    isPurging = false
    beingCleaned = BeingCleaned()
    returnedSpans = Atomic(0)
    awaitsReturned = false
    lastTick = Atomic(0)
    tellsUsableSizes = Atomic(false)
    unsafe parked = nil
    unsafe newestThread = nil
    records = above..<rangeStart
    spareParcels = 0
    threadKey = key
    forksInsideLock = false
    forksInsideHardened = false
    unsafe emptySpan = empty
  }

  /// Bytes in a page of this machine.
  package static var pageSize: Int { Syscalls.pageSize.bytes.rawValue }

  static let largestAlignment = 1 << 30

  /// What the heap tells the caller's C: there is no memory.
  static func fail() -> UInt {
    Syscalls.errorNumber = Syscalls.noMemory
    return 0
  }
}
