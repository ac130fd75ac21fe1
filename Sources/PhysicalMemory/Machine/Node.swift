// SPDX-License-Identifier: MIT

/// A node: its lists for reclaim, its kswapd and its counters (Linux's pglist_data).
struct Node: BitwiseCopyable {
  /// Frames that reclaim may take, by ``ReclaimList``.
  var lists: InlineArray<4, FrameList>
  /// What its frames are used for, by ``NodeCounter``.
  var counters: InlineArray<20, Int>
  var kswapd: Kswapd
}

/// What a node's frames are used for, in frames.
public enum NodeCounter: Int, Sendable, Hashable, CaseIterable {
  /// Slabs that shrinkers can have emptied.
  case slabReclaimable
  /// Slabs that stay.
  case slabUnreclaimable
  /// Anonymous pages.
  case anonymousPages
  /// Pages that page tables point to.
  case mappedPages
  /// Pages of the page cache.
  case filePages
  /// Pages newer than what is on their device.
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

extension Machine {
  /// What a node's frames are used for, in frames.
  public func count(_ counter: NodeCounter, of node: NodeNumber) throws(MachineError) -> Int {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    return nodes[node.rawValue].counters[counter.rawValue]
  }

  /// What all frames are used for, in frames.
  public func count(_ counter: NodeCounter) -> Int {
    (0..<nodes.count).reduce(0) { $0 + nodes[$1].counters[counter.rawValue] }
  }

  /// Changes the counter of the node that a frame is part of.
  @inline(__always)
  mutating func add(_ change: Int, to counter: NodeCounter, of frame: PageFrameNumber) {
    let node = Int(frames[frame].zoneIndex) >> 2
    nodes[node].counters[counter.rawValue] &+= change
  }
}
