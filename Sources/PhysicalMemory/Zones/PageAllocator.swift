// SPDX-License-Identifier: MIT

// The page allocator: who has which frame.
//
//     zone allocator      which zone a request is served from           ZoneAllocator.swift
//           │
//     per-CPU pages       single frames that a processor keeps          PerCPUPages.swift
//           │
//     buddy system        blocks of 2^k frames of each zone             BuddySystem.swift
//           │
//     physical frames     records and bytes                             Frames/PhysicalFrames.swift
//
// It allocates what is free and never reclaims: if that is not enough, ``Machine`` makes room and tries
// again (Machine/Machine+SlowPath.swift). So it depends on nothing built on it; those layers borrow it.
//
// Invariant: every frame of RAM is in exactly one place: in a fresh extent, in a free block, in a
// per-CPU cache, or in an allocated block.

internal import Pages

/// A machine's frames and zones, and everything that decides which frame a request gets.
package struct PageAllocator: ~Copyable {
  package internal(set) var physical: PhysicalFrames
  package let zones: RecordTable<Zone>
  let perCPUPages: RecordTable<PerCPUPages>
  let freshExtents: RecordTable<FrameExtent>
  let zoneLists: RecordTable<UInt16>
  let counters: RecordTable<NodeCounters>
  private let memory: PageAllocatorTables
  let processorCount: Int
  let zoneListStride: Int
  private let stays = StaysInPlace()

  /// The processor that everything runs on now, as an index, and its node.
  var processorIndex = 0
  var nodeIndex = 0
  /// The task that allocates.
  var context = TaskContext()
  /// How many KiB are kept free in total.
  var minFreeKibibytes = 0
  /// How watermarks are computed.
  var watermarkPolicy: WatermarkPolicy
  /// Events since boot (/proc/vmstat), including those of the layers above.
  var events = EventCounters()

  /// Gives all RAM of a plan to the buddy systems.
  ///
  /// - Precondition: the plan was checked.
  init(_ layout: MachineLayout) throws(AllocationError) {
    let zoneCount = layout.nodeCount * ZoneType.count
    let physical = try PhysicalFrames(layout)
    let memory = try PageAllocatorTables(
      zones: zoneCount, nodes: layout.nodeCount,
      perCPUPages: zoneCount * layout.processors.count,
      extents: layout.ranges.count * ZoneType.count, zoneLists: zoneCount * (zoneCount + 1))
    self.physical = physical
    processorCount = layout.processors.count
    zoneListStride = zoneCount + 1
    watermarkPolicy = layout.watermarkPolicy
    zones = RecordTable(memory.zones)
    perCPUPages = RecordTable(memory.perCPUPages)
    freshExtents = RecordTable(memory.extents)
    zoneLists = RecordTable(memory.zoneLists)
    counters = RecordTable(memory.counters)
    self.memory = memory
    layOutZones()
    layOutZoneLists()
    recomputeMinFree()
    nodeIndex = layout.processors[0].rawValue
  }

  /// The frames' records.
  @inline(__always)
  package var frames: RecordTable<PageFrame> { physical.records }
  var layout: MachineLayout { physical.layout }
  var nodeCount: Int { physical.layout.nodeCount }
  var spannedFrames: Int { physical.spannedFrames }

  /// Continues on another processor.
  mutating func run(on processor: ProcessorNumber) throws(MachineError) {
    guard processor.rawValue >= 0, processor.rawValue < processorCount else {
      throw .noSuchProcessor(processor)
    }
    processorIndex = processor.rawValue
    nodeIndex = physical.layout.processors[processorIndex].rawValue
  }

  /// The index of a node that there is.
  func check(_ node: NodeNumber) throws(MachineError) -> Int {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    return node.rawValue
  }

  /// The zone of a frame, or nil for a hole.
  package func zoneIndex(of frame: PageFrameNumber) -> Int? {
    guard let range = physical.range(of: frame) else { return nil }
    for (type, limit) in physical.layout.zoneLimits where frame.index < limit {
      return ZoneNumber(type, of: range.node).rawValue
    }
    return nil
  }
}

/// The memory of the allocator's tables.
private struct PageAllocatorTables: ~Copyable {
  let zones: RecordMemory<Zone>
  let counters: RecordMemory<NodeCounters>
  let perCPUPages: RecordMemory<PerCPUPages>
  let extents: RecordMemory<FrameExtent>
  let zoneLists: RecordMemory<UInt16>

  init(
    zones: Int, nodes: Int, perCPUPages: Int, extents: Int, zoneLists: Int
  ) throws(AllocationError) {
    // Everything that can fail comes first, so that no value is abandoned half made.
    let zones = try RecordMemory<Zone>(count: zones)
    let counters = try RecordMemory<NodeCounters>(count: nodes)
    let perCPUPages = try RecordMemory<PerCPUPages>(count: perCPUPages)
    let extents = try RecordMemory<FrameExtent>(count: extents)
    let zoneLists = try RecordMemory<UInt16>(count: zoneLists)
    self.zones = zones
    self.counters = counters
    self.perCPUPages = perCPUPages
    self.extents = extents
    self.zoneLists = zoneLists
  }
}
