// SPDX-License-Identifier: MIT

// A machine: RAM, the records of its frames, zones and nodes, and whatever the kernel builds on them.
//
//      processes · memory pools · kmalloc, slab caches · vmalloc
//                             │
//      zone allocator ── reclaim, kswapd ── page cache, swap
//                             │
//      per-CPU pages ── buddy system of each zone
//                             │
//      mem_map (64 bytes a frame) ── RAM (a memory file)
//
// It is one value and nobody shares it: whoever changes it has it alone, which stands for every lock
// that Linux takes. All of its time is its own ``Clock``, all chance comes from its seed: the same calls
// have the same results.

internal import Pages
internal import Synchronization

/// A model of a computer's physical memory, and of the part of Linux that hands it out.
///
/// ```swift
/// var machine = try Machine(.x86_64(ram: .gibibytes(64), nodes: 2, cpus: 4))
/// let frame = try machine.allocatePages(order: 3, flags: .kernel)
/// try machine.freePages(frame, order: 3)
/// ```
///
/// Its RAM is real memory, committed by the host when it is written; records are, too.
public struct Machine: ~Copyable {
  /// The plan it was built by.
  public let layout: MachineLayout
  /// Where its kernel's addresses lie.
  public let plan: KernelAddressPlan
  /// Frames from 0 to the last one of RAM, holes included.
  public let spannedFrames: Int

  let ram: RAM
  package let frames: RecordTable<PageFrame>
  package let zones: RecordTable<Zone>
  let nodes: RecordTable<Node>
  let perCPUPages: RecordTable<PerCPUPages>
  let freshExtents: RecordTable<FrameExtent>
  let zoneLists: RecordTable<UInt16>
  private let memory: Memory
  let processorCount: Int
  let zoneListStride: Int

  /// The processor that everything runs on now, as an index, and its node.
  var processorIndex = 0
  var nodeIndex = 0
  /// Who asks for memory.
  public package(set) var context = TaskContext()
  /// Frames in KiB that are kept free altogether.
  public internal(set) var minFreeKibibytes = 0
  /// How watermarks are reckoned.
  public internal(set) var watermarkPolicy: WatermarkPolicy
  /// What happened so far (/proc/vmstat).
  public internal(set) var events = EventCounters()

  /// Frames that were promised to processes (Committed_AS).
  public package(set) var committedFrames = 0

  var windows: HighMemoryWindows
  var reclaim: ReclaimState
  var slabs: SlabState
  var virtualAreas = VirtualAreas()
  var pools = MemoryPools()
  var processes = ProcessTable()

  /// Never used: a value with an atomic in it is used where it lies and never loaded as a whole. Without
  /// one Swift 6.3 checks each method's borrow of the machine by all of its hundreds of parts, and takes
  /// four minutes for this library instead of forty seconds.
  private let stays = Atomic<UInt8>(0)

  /// Builds a machine.
  ///
  /// - Throws: ``MachineError`` for a plan that no machine can have, and where the host has no address
  ///   space for it.
  /// - Complexity: O(stretches of RAM + nodes² + nodes × processors), whatever the size of RAM.
  public init(_ layout: MachineLayout) throws(MachineError) {
    let layout = try layout.checked()
    let last = layout.ranges[layout.ranges.count - 1]
    let frameCount = (Int(last.start.rawValue) + last.size.rawValue) >> PageFrameNumber.shift
    let plan = KernelAddressPlan(layout.architecture, frames: frameCount)
    let block = Order.largest.frameCount
    let zoneCount = layout.nodeCount * ZoneType.count
    let processorCount = layout.processors.count
    let memory: Memory
    do throws(AllocationError) {
      memory = try Memory(
        // Whole blocks, so that every frame's buddy has a record.
        frames: (frameCount + block - 1) / block * block, zones: zoneCount,
        nodes: layout.nodeCount, perCPUPages: zoneCount * processorCount,
        extents: layout.ranges.count * ZoneType.count, zoneLists: zoneCount * (zoneCount + 1))
    } catch {
      throw .host(error)
    }
    let devices: Devices
    do throws(AllocationError) {
      devices = try Devices(layout: layout, plan: plan, frames: frameCount)
    } catch {
      throw .host(error)
    }
    self.layout = layout
    self.plan = plan
    self.processorCount = processorCount
    spannedFrames = frameCount
    zoneListStride = zoneCount + 1
    watermarkPolicy = layout.watermarkPolicy
    frames = RecordTable(memory.frames)
    zones = RecordTable(memory.zones)
    nodes = RecordTable(memory.nodes)
    perCPUPages = RecordTable(memory.perCPUPages)
    freshExtents = RecordTable(memory.extents)
    zoneLists = RecordTable(memory.zoneLists)
    self.memory = memory
    ram = devices.ram
    windows = devices.windows
    reclaim = devices.reclaim
    slabs = devices.slabs
    layOutZones()
    layOutZoneLists()
    recomputeMinFree()
    nodeIndex = layout.processors[0].rawValue
    createGeneralCaches()
    registerUpperHalf()
    events = EventCounters()
  }

  // MARK: Facts

  /// The number of nodes.
  public var nodeCount: Int { layout.nodeCount }

  /// A zone's record as it is now.
  public func zone(_ type: ZoneType, of node: NodeNumber = 0) throws(MachineError) -> Zone {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    return zones[ZoneNumber(type, of: node).rawValue]
  }

  /// The zones that have RAM, by node and then lowest first.
  public var populatedZones: [Zone] {
    (0..<zones.count).map { zones[$0] }.filter(\.isPopulated)
  }

  /// The processor that everything runs on now: its caches are used, and its node's memory first.
  public var currentProcessor: ProcessorNumber { ProcessorNumber(processorIndex) }

  /// Goes on on another processor.
  public mutating func run(on processor: ProcessorNumber) throws(MachineError) {
    guard processor.rawValue >= 0, processor.rawValue < processorCount else {
      throw .noSuchProcessor(processor)
    }
    processorIndex = processor.rawValue
    nodeIndex = layout.processors[processorIndex].rawValue
  }

  /// Frames of RAM.
  public var presentFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].present } }

  /// Free frames in the buddy systems, per-CPU caches not counted.
  public var freeFrames: Int { (0..<zones.count).reduce(0) { $0 + zones[$1].free } }
}

/// The memory of the machine's tables.
private struct Memory: ~Copyable {
  package let frames: RecordMemory<PageFrame>
  package let zones: RecordMemory<Zone>
  let nodes: RecordMemory<Node>
  let perCPUPages: RecordMemory<PerCPUPages>
  let extents: RecordMemory<FrameExtent>
  let zoneLists: RecordMemory<UInt16>

  init(
    frames: Int, zones: Int, nodes: Int, perCPUPages: Int, extents: Int, zoneLists: Int
  ) throws(AllocationError) {
    // First all that may fail, and then the properties: none is ever given up half made.
    let frames = try RecordMemory<PageFrame>(count: frames)
    let zones = try RecordMemory<Zone>(count: zones)
    let nodes = try RecordMemory<Node>(count: nodes)
    let perCPUPages = try RecordMemory<PerCPUPages>(count: perCPUPages)
    let extents = try RecordMemory<FrameExtent>(count: extents)
    let zoneLists = try RecordMemory<UInt16>(count: zoneLists)
    self.frames = frames
    self.zones = zones
    self.nodes = nodes
    self.perCPUPages = perCPUPages
    self.extents = extents
    self.zoneLists = zoneLists
  }
}

/// What the machine has beside its tables.
private struct Devices: ~Copyable {
  let ram: RAM
  let windows: HighMemoryWindows
  let reclaim: ReclaimState
  let slabs: SlabState

  init(
    layout: MachineLayout, plan: KernelAddressPlan, frames: Int
  ) throws(AllocationError) {
    let ram = try RAM(frames: frames, directFrames: plan.directFrames)
    let windows = try HighMemoryWindows(plan: plan)
    let reclaim = try ReclaimState(layout: layout)
    let slabs = try SlabState(layout: layout, directFrames: plan.directFrames)
    self.ram = ram
    self.windows = windows
    self.reclaim = reclaim
    self.slabs = slabs
  }
}
