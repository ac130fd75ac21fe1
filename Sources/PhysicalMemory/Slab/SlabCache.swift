// SPDX-License-Identifier: MIT

// Terms: a *cache* allocates *objects* of one type. They lie in *slabs*: blocks of frames cut into adjacent
// objects. A slab is *full* (every object taken), *partial* or *empty*.
//
//     cache ─┬─ array of free objects, one for each processor       alloc and free: here, mostly
//            └─ for each node: full ⇄ partial ⇄ empty slabs         a batch at a time
//                                   │           │ many, or asked to
//                                   ▼           ▼
//                              grow: a block of frames, or give one back
//
//     slab     │ colour │ object 0 │ object 1 │ … │ object n−1 │ free list │ left over │
//
// Each slab starts at the next colour within the space left over, a multiple of a cache line, so that the
// first objects of many slabs do not share cache sets.
//
// The *free list* (descriptor) is an array of 2-byte indices. Of a slab with k objects taken, entries k
// to n−1 name the others. It is in the slab, or, if objects have 512 bytes or more and it would cost one,
// in an object from kmalloc.
//
// An object's bit in the map of live objects is set iff it is in use, so that double and foreign frees are
// caught. To its slab, an object in a processor's array counts as taken, but it is not live.
//
// Invariants: a slab with k taken is in the list that k says; Σ (n − k) over a node's slabs is the
// node's count of free objects; live + in arrays = Σ k.
//
// Source: J. Bonwick, "The Slab Allocator", USENIX Summer 1994; Bonwick and Adams, "Magazines and Vmem",
// USENIX 2001; mm/slab.c, Linux 2.6 to 6.7; Gorman, chapter 8.

internal import Pages

/// Options of a cache.
public struct SlabCacheOptions: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Objects are aligned to cache lines (SLAB_HWCACHE_ALIGN).
  public static let cacheLineAligned = SlabCacheOptions(rawValue: 1 << 0)
  /// Frames below 16 MiB (SLAB_CACHE_DMA).
  public static let dma = SlabCacheOptions(rawValue: 1 << 1)
  /// A shrinker can empty them: counted as reclaimable (SLAB_RECLAIM_ACCOUNT).
  public static let reclaimable = SlabCacheOptions(rawValue: 1 << 2)
  /// Bytes around each object that nobody may write (SLAB_RED_ZONE).
  public static let redZone = SlabCacheOptions(rawValue: 1 << 3)
  /// Free objects are filled with a pattern that is checked on allocation (SLAB_POISON). Has no effect in
  /// caches with a constructor, whose work it would undo.
  public static let poison = SlabCacheOptions(rawValue: 1 << 4)
  /// One of kmalloc's.
  static let general = SlabCacheOptions(rawValue: 1 << 5)

  /// Finds overruns and use after free.
  public static let debug: SlabCacheOptions = [.redZone, .poison]
}

/// A cache's record.
struct SlabCacheRecord: BitwiseCopyable {
  var isUsed: Bool
  var isPlain: Bool
  var hasConstructor: Bool
  var options: SlabCacheOptions
  /// How often the record was used before.
  var generation: Int
  var objectSize: Int
  var alignment: Int
  /// Bytes from one object to the next.
  var stride: Int
  /// Bytes of a stride before the object: its left red zone.
  var objectOffset: Int
  var objectsPerSlab: Int
  var order: Int
  var colours: Int
  var colourStep: Int
  /// The cache of the free lists and one; 0: they are in the slabs.
  var freeListCachePlusOne: Int
  /// What a processor's array holds at most, and how many objects move at a time.
  var limit: Int
  var batch: Int
  /// The limit if objects are not checked when freed, else 0.
  var fastLimit: Int
  var slabs: Int
  var grown: Int
  var givenBack: Int
  var constructed: Int
}

/// A cache's slabs of one node.
struct SlabLists: BitwiseCopyable {
  var full: FrameList
  var partial: FrameList
  var empty: FrameList
  var freeObjects: Int
  /// Free objects above which empty slabs are given back.
  var freeLimit: Int
  var nextColour: Int
}

/// A processor's free objects of one cache.
struct ObjectArray: BitwiseCopyable {
  var count: Int
}
