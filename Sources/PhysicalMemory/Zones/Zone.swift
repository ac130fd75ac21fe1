// SPDX-License-Identifier: MIT

// A zone's record.
//
//     spanned   start ..< end, holes included
//     present   frames of RAM among them
//     managed   frames that the buddy system was given
//     free      frames in the buddy system's lists; those in per-CPU caches are not counted
//
// Invariant: free ≤ managed ≤ present ≤ end − start.
// Invariant: free = Σ over the orders k of 2^k × (blocks in area k) + 1024 × fresh blocks.

/// A zone of one node.
public struct Zone: Sendable, BitwiseCopyable {
  /// The first frame.
  public internal(set) var start: PageFrameNumber
  /// The frame after the last.
  public internal(set) var end: PageFrameNumber
  /// Frames of RAM.
  public internal(set) var present: Int
  /// Frames that may be allocated.
  public internal(set) var managed: Int
  /// Free frames, per-CPU caches not counted (NR_FREE_PAGES).
  public internal(set) var free: Int
  /// The free-frame counts at which the allocator's behaviour changes.
  public internal(set) var watermarks: Watermarks
  /// Frames reserved against requests that could use a higher zone, by the highest one they could use.
  var lowmemReserve: InlineArray<4, Int>

  /// Free blocks by order.
  var areas: InlineArray<11, FrameList>
  /// Bit k is set iff area k is not empty.
  var filledAreas: UInt32
  /// The extent that fresh blocks are taken from now; an index into the machine's table.
  var freshExtent: Int32
  /// The index after the zone's last extent.
  var freshExtentEnd: Int32
  /// Blocks of the largest order that were never handed out.
  public internal(set) var freshBlocks: Int

  /// Marks of each processor's cache for this zone.
  var perCPUBatch: Int32
  var perCPUHigh: Int32
  /// How many single frames move between a processor's cache and the buddy system at a time, and how many
  /// a cache holds at most.
  public var perCPUMarks: (batch: Int, high: Int) { (Int(perCPUBatch), Int(perCPUHigh)) }

  /// Frames in the lists for reclaim, by list.
  var reclaimable: InlineArray<4, Int>
  /// Frames that are dirty or being written.
  var writePending: Int
  /// Frames that the model gave up reclaiming; counted as scanned since the last success.
  var scanned: Int

  /// Allocations that were served here.
  public internal(set) var allocations: Int
  /// Frames that came back.
  public internal(set) var frees: Int

  /// Allocations served here because the requested node had no memory (numa_miss).
  public internal(set) var misses: Int
  /// Allocations that wanted this zone first and were served elsewhere (numa_foreign).
  public internal(set) var foreign: Int
  /// Allocations for processors of other nodes (numa_other).
  public internal(set) var others: Int
  /// Allocations that wanted this node first (numa_hit).
  public var hits: Int { allocations - misses }
  /// Allocations for processors of this node (numa_local).
  public var locals: Int { allocations - others }

  /// The zone's type.
  public var type: ZoneType { ZoneType(rawValue: Int(typeNumber)) ?? .normal }
  var typeNumber: UInt8
  var nodeNumber: UInt16

  /// The node that it is part of.
  public var node: NodeNumber { NodeNumber(Int(nodeNumber)) }

  /// Whether any RAM is in it.
  public var isPopulated: Bool { present > 0 }

  /// Free blocks of an order (nr_free), as /proc/buddyinfo shows them.
  public func freeBlocks(_ order: Order) -> Int {
    areas[order.rawValue].count + (order == .largest ? freshBlocks : 0)
  }

  /// Frames reserved against requests that could use zones up to `highest`.
  public func lowmemReserve(against highest: ZoneType) -> Int { lowmemReserve[highest.rawValue] }
}

/// A stretch of frames.
struct FrameExtent: BitwiseCopyable {
  var start: PageFrameNumber
  var end: PageFrameNumber
}

/// The free-frame counts at which the allocator's behaviour changes.
public struct Watermarks: Sendable, Hashable, BitwiseCopyable {
  /// Below it are the reserves, for requests entitled to them.
  public internal(set) var min: Int
  /// At or below it, kswapd is woken.
  public internal(set) var low: Int
  /// Above it, kswapd sleeps.
  public internal(set) var high: Int
}
