// SPDX-License-Identifier: MIT

/// What a node's frames are used for, by ``NodeCounter`` (vm_stat of Linux's pglist_data).
struct NodeCounters: BitwiseCopyable {
  var values: InlineArray<20, Int>
}

/// What a node's frames are used for, in frames.
public enum NodeCounter: Int, Sendable, Hashable, CaseIterable {
  /// Slabs that shrinkers can empty.
  case slabReclaimable
  /// Slabs that shrinkers cannot empty.
  case slabUnreclaimable
  /// Anonymous pages.
  case anonymousPages
  /// Pages that page tables point to.
  case mappedPages
  /// Pages of the page cache.
  case filePages
  /// Pages newer than their copy on the device.
  case dirty
  /// Pages on the way to their device.
  case writeBack
  /// Shared memory.
  case sharedMemory
  /// Kernel stacks.
  case kernelStack
  /// Page tables.
  case pageTables
  /// Anonymous pages that have a swap slot.
  case swapCached
  /// Pages that reclaim must leave alone.
  case unevictable
  /// Frames behind vmalloc's areas.
  case vmalloc
  /// Pages that were made dirty so far.
  case everDirtied
  /// Pages that were written so far.
  case everWritten
}

extension PageAllocator {
  /// What a node's frames are used for, in frames.
  func count(_ counter: NodeCounter, of node: Int) -> Int {
    counters[node].values[counter.rawValue]
  }

  /// What all frames are used for, in frames.
  func count(_ counter: NodeCounter) -> Int {
    (0..<nodeCount).reduce(0) { $0 + count(counter, of: $1) }
  }

  /// Changes the counter of the node that a frame is part of.
  @inline(__always)
  func add(_ change: Int, to counter: NodeCounter, of frame: PageFrameNumber) {
    let node = Int(frames[frame].zoneIndex) >> 2
    counters[node].values[counter.rawValue] &+= change
  }
}
