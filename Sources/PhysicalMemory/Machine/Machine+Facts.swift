// SPDX-License-Identifier: MIT

// Facts about a machine, read from its owners.

internal import Pages

extension Machine {
  /// The plan that it was built from.
  public var layout: MachineLayout { pages.physical.layout }
  /// Where its kernel's addresses lie.
  public var plan: KernelAddressPlan { pages.physical.plan }
  /// Frames from 0 to the last one of RAM, holes included.
  public var spannedFrames: Int { pages.physical.spannedFrames }
  /// The number of nodes.
  public var nodeCount: Int { pages.nodeCount }

  /// The frames' records.
  @inline(__always)
  package var frames: RecordTable<PageFrame> { pages.physical.records }
  @inline(__always)
  package var zones: RecordTable<Zone> { pages.zones }
  var processorCount: Int { pages.processorCount }

  /// The task that allocates.
  public package(set) var context: TaskContext {
    get { pages.context }
    set { pages.context = newValue }
  }

  /// How many KiB are kept free in total.
  public var minFreeKibibytes: Int { pages.minFreeKibibytes }
  /// How watermarks are computed.
  public var watermarkPolicy: WatermarkPolicy { pages.watermarkPolicy }
  /// Events since boot (/proc/vmstat).
  public var events: EventCounters { pages.events }

  /// The current processor: its caches are used, and its node's memory is preferred.
  public var currentProcessor: ProcessorNumber { ProcessorNumber(pages.processorIndex) }

  /// Continues on another processor.
  public mutating func run(on processor: ProcessorNumber) throws(MachineError) {
    try pages.run(on: processor)
  }

  // MARK: Zones

  /// A zone's record as it is now.
  public func zone(_ type: ZoneType, of node: NodeNumber = 0) throws(MachineError) -> Zone {
    zones[ZoneNumber(type, of: NodeNumber(try pages.check(node))).rawValue]
  }

  /// The zone of a frame.
  public func zone(of frame: PageFrameNumber) throws(MachineError) -> Zone {
    guard let zone = pages.zoneIndex(of: frame) else {
      throw .noSuchFrame(UInt64(frame.rawValue))
    }
    return zones[zone]
  }

  /// The zones that have RAM, by node and then lowest first.
  public var populatedZones: [Zone] {
    (0..<zones.count).map { zones[$0] }.filter(\.isPopulated)
  }

  /// The zones that a request of a node tries, in their order.
  public func zoneList(
    of node: NodeNumber, highest: ZoneType
  ) throws(MachineError) -> [ZoneNumber] {
    try pages.zoneList(of: node, highest: highest)
  }

  /// A processor's cache for a zone.
  public func perCPUPages(_ processor: ProcessorNumber, zone: ZoneNumber) -> PerCPUPages? {
    pages.perCPUPages(processor, zone: zone)
  }

  /// Frames of RAM.
  public var presentFrames: Int { pages.presentFrames }

  /// Free frames in the buddy systems, per-CPU caches not counted.
  public var freeFrames: Int { pages.freeFrames }

  /// What a node's frames are used for, in frames.
  public func count(_ counter: NodeCounter, of node: NodeNumber) throws(MachineError) -> Int {
    pages.count(counter, of: try pages.check(node))
  }

  /// What all frames are used for, in frames.
  public func count(_ counter: NodeCounter) -> Int { pages.count(counter) }

  /// Changes how much is kept free (vm.min_free_kbytes), and with it every zone's marks.
  ///
  /// - Throws: ``MachineError/invalidSize(_:)`` below 0 or above what all zones have.
  public mutating func setMinFree(kibibytes: Int) throws(MachineError) {
    try pages.setMinFree(kibibytes: kibibytes)
  }

  /// Switches to another policy.
  public mutating func setWatermarkPolicy(_ policy: WatermarkPolicy) {
    pages.setWatermarkPolicy(policy)
  }
}
