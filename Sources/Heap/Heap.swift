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
// This folder is the face: the verbs (Heap+Allocate, Heap+Release, Heap+Verbs; Heap+Blocks for tamalloc's own) and
// forks. Those in it use each other downwards only:
//
//     Hardened   misuse is found, at a price           Upkeep   purge and its thread, statistics, invariants
//     Large      blocks of whole slots or pages        Threads  a thread's spans, parcels, what others have freed
//     Slots      segments and what is vacant in them
//     Sharing    the lock, what is asked of the kernel and the environment once for all threads
//     Spans      records and their states, size classes, links
//     Messages   what is written to standard error
//
// Documentation/heap.md follows one block through them.
//
// Locks: one for ``HeapShared``, which is reached by ``guarded`` alone; what is beside it needs none.

internal import Pages
internal import Synchronization
internal import System

@safe package struct Heap: ~Copyable {
  /// What the lock guards. First, for the sake of the sanitizer: see Tests/HeapTests/Programs/races.
  private var lockedState: Guarded<HeapShared>
  /// Whether this is a fork's child that nobody has told.
  let fork: ForkWord
  let map: SegmentMap
  /// Blocks with a mapping of their own.
  package let blocks: Blocks
  let pageTables: PageTables
  let settings: HeapSettings
  let counters: HeapCounters
  /// Gives memory back, when it is time to.
  let purgeHook: PurgeHook
  /// About how many spans have been returned since the last tick: see Heap+Returned.swift.
  let returnedSpans: Atomic<Int>
  /// In milliseconds, where ticks don't come from a thread.
  let lastTick: Atomic<Int>
  /// Whether the program has ever asked how much of a block it may use: see ``GrownBlock``.
  let tellsUsableSizes: Atomic<Bool>

  /// Used in the hardened mode alone.
  var hardened: Hardened
  let seal: BlockSeal
  let guards: GuardBudget
  /// Used by a thread that forks.
  var forks: ForkState

  /// Has a thread's heap parked when the thread ends.
  let threadKey: UInt32?

  /// The span of every class that has none: it has no block.
  let emptySpan: SpanPointer

  /// This structure comes first; the map is last. Between them lie the empty span and the first thread's
  /// heap, all in one page, and what is not touched before it is used: the free ranges, the counters, the
  /// hardened mode's lists.
  private static let recordSize = 49_152

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
    self.map = map
    settings = HeapSettings.fromEnvironment()
    let rangeStart = above &+ ThreadHeap.stride
    let counterStart = rangeStart &+ UInt(FreeRanges.size)
    lockedState = Guarded(
      HeapShared(
        slots: SlotPool(map: map, settings: settings),
        large: LargePool(ranges: FreeRanges(start: rangeStart)),
        threads: ThreadList(records: above..<rangeStart), purge: PurgeState()), fork: fork)
    blocks = Blocks()
    pageTables = PageTables()
    counters = settings.counts ? HeapCounters(start: counterStart) : .none
    seal = BlockSeal(secret: settings.isHardened ? Syscalls.randomWord : 0)
    guards = GuardBudget()
    hardened = Hardened(
      seal: seal, start: counterStart &+ UInt(HeapCounters.size), fork: fork)
    forks = ForkState()
    unsafe purgeHook = PurgeHook(
      body: { heap, demand in unsafe heap.purgeSoon(demand) },
      whenFresh: { heap in unsafe heap.balance() })
    returnedSpans = Atomic(0)
    lastTick = Atomic(0)
    tellsUsableSizes = Atomic(false)
    threadKey = key
    unsafe emptySpan = empty
  }

  fileprivate var lockedStatePointer: UnsafeMutablePointer<Guarded<HeapShared>> {
    @inline(__always) mutating get {
      unsafe withUnsafeMutablePointer(to: &lockedState) { unsafe $0 }
    }
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

/// What the heap's lock guards.
struct HeapShared: ~Copyable {
  var slots: SlotPool
  var large: LargePool
  var threads: ThreadList
  var purge: PurgeState
}

extension HeapShared {
  /// What there is to do for a purge.
  var purgeDemand: PurgeDemand {
    PurgeDemand(
      unused: slots.dirtySlots &* Segment.slotSize
        &+ Int(large.ranges.dirtyBytes &+ large.ranges.zeroCommitted),
      isServed: purge.purger.isRunning, isRefused: purge.purger.isRefused)
  }

  /// Bytes of clean slots and zero ranges that were taken since the last balance.
  var freshlyTaken: Int { slots.freshlyTaken &+ large.freshlyTaken }

  /// Whether so much was taken fresh that a balance is worth while.
  var isBalanceDue: Bool { freshlyTaken >= PurgeDemand.worthwhile }
}

extension Heap {
  /// A rule that is broken, and the address of what breaks it.
  typealias Fault = (StaticString, UInt) -> Void
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// What the heap's lock guards, behind its lock.
  @inline(__always)
  var guarded: UnsafeMutablePointer<Guarded<HeapShared>> {
    // SAFETY: the heap never moves.
    unsafe pointee.lockedStatePointer
  }
}
