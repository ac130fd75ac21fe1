// SPDX-License-Identifier: MIT

// Terms: a *cache* hands out *objects* of one type. It has them from *slabs*: blocks of frames cut into
// objects side by side. A slab is *full* (every object taken), *partial* or *empty*.
//
//     cache ─┬─ array of free objects, one for each processor       alloc and free: here, mostly
//            └─ for each node: full ⇄ partial ⇄ empty slabs         a batch at a time
//                                   │           │ many, or asked to
//                                   ▼           ▼
//                              grow: a block of frames, or give one back
//
//     slab     │ colour │ object 0 │ object 1 │ … │ object n−1 │ free list │ left over │
//
// Each slab begins at the next colour of the space left over: a multiple of a cache line, so that first
// objects of many slabs don't fall into the same lines of the processor's cache.
//
// The *free list* (descriptor) is an array of 2-byte indices. Of a slab with k objects taken, entries k
// to n−1 name the others. It is in the slab, or, where objects have 512 bytes and it would cost one, in
// an object of kmalloc's.
//
// An object's bit in the map of live objects is set iff somebody has it: so that double and foreign
// frees are caught. An object in a processor's array is taken as far as its slab knows, and not live.
//
// Invariants: a slab with k taken is in the list that k says; Σ (n − k) over a node's slabs is the
// node's count of free objects; live + in arrays = Σ k.
//
// Source: J. Bonwick, "The Slab Allocator", USENIX Summer 1994; Bonwick and Adams, "Magazines and Vmem",
// USENIX 2001; mm/slab.c, Linux 2.6 to 6.7; Gorman, chapter 8.

internal import Pages

/// How a cache is to be.
public struct SlabCacheOptions: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Objects begin at lines of the processor's cache (SLAB_HWCACHE_ALIGN).
  public static let cacheLineAligned = SlabCacheOptions(rawValue: 1 << 0)
  /// Frames below 16 MiB (SLAB_CACHE_DMA).
  public static let dma = SlabCacheOptions(rawValue: 1 << 1)
  /// A shrinker can have them emptied: counted as reclaimable (SLAB_RECLAIM_ACCOUNT).
  public static let reclaimable = SlabCacheOptions(rawValue: 1 << 2)
  /// Bytes around each object that nobody may write (SLAB_RED_ZONE).
  public static let redZone = SlabCacheOptions(rawValue: 1 << 3)
  /// Free objects are filled with a pattern, checked when they are handed out (SLAB_POISON). Without
  /// effect in caches that have a constructor, whose work it would undo.
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
  /// The limit where objects are not looked at when they are freed; else 0.
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
