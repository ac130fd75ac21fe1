// SPDX-License-Identifier: MIT

// The owner of all slab caches. It borrows the ``PageAllocator`` for the duration of a call: for the records
// of its slabs' frames, for the bytes of free lists and red zones, and to free slabs.
//
// It never allocates frames: a cache that runs out says so, and ``Machine`` makes a slab, for which memory
// may have to be reclaimed, even from this owner (Machine/Machine+SlabGrowth.swift).
//
// Invariants: see ``SlabCacheNumber``'s file, and checkInvariants(_:).

internal import Pages

/// Every slab cache: slabs, processors' arrays, and which objects are in use.
struct SlabAllocator: ~Copyable {
  static let cacheLimit = 4096
  /// Entries of a processor's array.
  static let arraySize = 128

  let caches: RecordTable<SlabCacheRecord>
  let lists: RecordTable<SlabLists>
  let arrays: RecordTable<ObjectArray>
  let entries: RecordTable<UInt64>
  /// A bit for each 8 bytes of the direct map: an object in use begins there.
  let live: RecordTable<UInt64>
  private let cacheMemory: RecordMemory<SlabCacheRecord>
  private let listMemory: RecordMemory<SlabLists>
  private let arrayMemory: RecordMemory<ObjectArray>
  private let entryMemory: RecordMemory<UInt64>
  private let liveMemory: RecordMemory<UInt64>

  /// The names of caches, which their records can't hold.
  var names: [String] = []
  /// Places in the table that destroyed caches left.
  var freeNumbers: [Int] = []

  let processorCount: Int
  let nodeCount: Int
  /// The direct map: its first address, and its bytes.
  let directStart: KernelAddress
  let directBytes: UInt64
  private let stays = StaysInPlace()

  init(layout: MachineLayout, plan: KernelAddressPlan) throws(AllocationError) {
    let arrayCount = Self.cacheLimit * layout.processors.count
    // Everything that can fail comes first, so that no value is abandoned half made.
    let caches = try RecordMemory<SlabCacheRecord>(count: Self.cacheLimit)
    let lists = try RecordMemory<SlabLists>(count: Self.cacheLimit * layout.nodeCount)
    let arrays = try RecordMemory<ObjectArray>(count: arrayCount)
    let entries = try RecordMemory<UInt64>(count: arrayCount * Self.arraySize)
    let live = try RecordMemory<UInt64>(count: plan.directFrames * (4096 / 8 / 64))
    self.caches = RecordTable(caches)
    self.lists = RecordTable(lists)
    self.arrays = RecordTable(arrays)
    self.entries = RecordTable(entries)
    self.live = RecordTable(live)
    cacheMemory = caches
    listMemory = lists
    arrayMemory = arrays
    entryMemory = entries
    liveMemory = live
    processorCount = layout.processors.count
    nodeCount = layout.nodeCount
    directStart = plan.directMap.lowerBound
    directBytes = UInt64(plan.directFrames) << 12
  }

  /// Whether the object at an offset of the direct map is in use.
  @inline(__always)
  func isLive(_ offset: Int) -> Bool {
    live[offset >> 9] & 1 &<< (UInt64(truncatingIfNeeded: offset) >> 3 & 63) != 0
  }

  /// Marks it as in use, or as no longer in use.
  @inline(__always)
  func flip(_ offset: Int) {
    live[offset >> 9] ^= 1 &<< (UInt64(truncatingIfNeeded: offset) >> 3 & 63)
  }

  /// Marks it as in use; false if it is already, and then nothing has changed.
  @inline(__always)
  func takeLive(_ offset: Int) -> Bool {
    Self.take(1 &<< (UInt64(truncatingIfNeeded: offset) >> 3 & 63), in: &live[offset >> 9])
  }

  @inline(__always)
  private static func take(_ bit: UInt64, in word: inout UInt64) -> Bool {
    let isFree = word & bit == 0
    word |= bit
    return isFree
  }
}

extension SlabCacheNumber {
  /// The place in the table.
  @inline(__always)
  var index: Int { rawValue & (SlabAllocator.cacheLimit - 1) }
}
