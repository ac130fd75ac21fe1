// SPDX-License-Identifier: MIT

// What a machine is built of: where its RAM lies, which node each stretch is part of, how far the nodes
// are from each other, and what its processor can address.

public import Pages

/// The processor's way of addressing.
public enum Architecture: String, Sendable, Hashable, CaseIterable {
  /// 32 bits: the kernel has 1 GiB of addresses, and maps 896 MiB of RAM there permanently.
  case i386
  /// 64 bits: the kernel maps all RAM.
  case x86_64 = "x86-64"
}

/// The plan of a machine.
public struct MachineLayout: Sendable {
  /// A stretch of RAM.
  public struct Range: Sendable, Hashable {
    /// Where it begins: a multiple of 4,096.
    public var start: PhysicalAddress
    /// Its bytes: whole frames.
    public var size: ByteCount
    /// The node that it is part of.
    public var node: NodeNumber

    /// RAM from an address on.
    /// - Parameters:
    ///   - start: Its first address: a multiple of 4,096.
    ///   - size: Its bytes: whole frames.
    ///   - node: The node that it is part of.
    public init(start: PhysicalAddress, size: ByteCount, node: NodeNumber = 0) {
      self.start = start
      self.size = size
      self.node = node
    }
  }

  /// How processors address.
  public var architecture: Architecture
  /// RAM, in any order; what lies between is a hole.
  public var ranges: [Range]
  /// The number of nodes.
  public var nodeCount: Int
  /// The node of each processor.
  public var processors: [NodeNumber]
  /// How far each node is from each: 10 is itself (the ACPI's SLIT). Nil: 10 and 20.
  public var distances: [[Int]]?
  /// How watermarks are computed.
  public var watermarkPolicy: WatermarkPolicy = .squareRoot
  /// Whether a 64-bit machine has a zone below 16 MiB of its own (CONFIG_ZONE_DMA).
  public var hasDMAZone = true
  /// Whether processors cache frames.
  public var usesPerCPUPages = true
  /// The size of the swap area; 0: none.
  public var swap: ByteCount = 0
  /// What the machine's random choices begin with.
  public var seed: UInt64 = 1

  /// A plan with RAM anywhere.
  public init(
    _ architecture: Architecture, ranges: [Range], nodes: Int = 1,
    processors: [NodeNumber] = [0]
  ) {
    self.architecture = architecture
    self.ranges = ranges
    nodeCount = nodes
    self.processors = processors
  }

  /// A 32-bit machine with one node.
  public static func i386(ram: ByteCount, cpus: Int = 1) -> MachineLayout {
    MachineLayout(
      .i386, ranges: [Range(start: PhysicalAddress(rawValue: 0), size: ram)],
      processors: processors(cpus, on: 1))
  }

  /// A 64-bit machine, its RAM and processors shared out evenly among its nodes.
  public static func x86_64(ram: ByteCount, nodes: Int = 1, cpus: Int = 1) -> MachineLayout {
    let frame = PageFrameNumber.size.rawValue
    var ranges: [Range] = []
    if nodes > 0, nodes <= 64, ram > 0 {
      let frames = ram.rawValue / frame
      let block = Order.largest.frameCount
      // Nodes begin at blocks of the largest order where that leaves each of them one.
      let unit = frames / nodes >= block ? block : 1
      var start = 0
      for node in 0..<nodes {
        let end = node == nodes - 1 ? frames : frames / nodes * (node + 1) / unit * unit
        ranges.append(
          Range(
            start: PhysicalAddress(rawValue: UInt64(start * frame)),
            // The last one gets what is no whole frame, which is then rounded down.
            size: ByteCount(
              node == nodes - 1 ? ram.rawValue - start * frame : (end - start) * frame),
            node: NodeNumber(node)))
        start = end
      }
    }
    return MachineLayout(
      .x86_64, ranges: ranges, nodes: nodes, processors: processors(cpus, on: nodes))
  }

  /// The node of each processor, where nodes have equally many.
  ///
  /// Numbers beyond what a machine can have are clamped to ones just beyond it, so that this ends soon.
  package static func processors(_ count: Int, on nodes: Int) -> [NodeNumber] {
    let count = max(0, min(count, 513))
    let nodes = max(0, min(nodes, 65))
    return (0..<count).map { NodeNumber($0 * nodes / count) }
  }
}

/// How watermarks are computed from the size of memory.
public enum WatermarkPolicy: Sendable, Hashable {
  /// Linux 2.6 and later: √(16 × directly mapped KiB) for all zones together.
  case squareRoot
  /// Linux 2.4: each zone's frames by 128, within 20 and 255.
  case linear
}

extension MachineLayout {
  /// The plan with whole frames only and in order of addresses, if a machine can be built so.
  func checked() throws(MachineError) -> MachineLayout {
    let frame = PageFrameNumber.size.rawValue
    var total = 0
    for range in ranges {
      let (sum, overflow) = total.addingReportingOverflow(range.size.rawValue)
      guard range.size >= 0, !overflow else {
        throw .invalidRange(start: range.start, size: range.size)
      }
      total = sum
    }
    let frames = total / frame
    guard nodeCount > 0, nodeCount <= 64 else {
      throw .invalidNodeCount(nodeCount, frames: frames)
    }
    guard frames > 0 else { throw .noMemory(ByteCount(total)) }
    guard nodeCount <= frames else { throw .invalidNodeCount(nodeCount, frames: frames) }
    guard processors.count > 0, processors.count <= 512 else {
      throw .invalidProcessorCount(processors.count)
    }
    for node in processors + ranges.map(\.node) {
      guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    }
    if let distances {
      guard distances.count == nodeCount,
        distances.allSatisfy({ $0.count == nodeCount && $0.allSatisfy { $0 >= 10 && $0 < 256 } })
      else { throw .invalidDistances }
    }
    var checked = self
    checked.ranges = []
    var end: UInt64 = 0
    for range in ranges.sorted(by: { $0.start.rawValue < $1.start.rawValue }) {
      // Sizes are rounded down to whole frames.
      let size = range.size.rawValue / frame * frame
      if size == 0 && ranges.count == 1 { throw .noMemory(range.size) }
      let limit = addressLimit
      let (rangeEnd, overflow) = range.start.rawValue.addingReportingOverflow(UInt64(size))
      guard !overflow, rangeEnd <= UInt64(limit.rawValue) else {
        throw .tooMuchMemory(ByteCount(clamping: rangeEnd, overflow), limit: limit)
      }
      guard range.start.rawValue % UInt64(frame) == 0, size > 0, range.start.rawValue >= end else {
        throw .invalidRange(start: range.start, size: range.size)
      }
      end = rangeEnd
      checked.ranges.append(
        Range(start: range.start, size: ByteCount(size), node: range.node))
    }
    return checked
  }

  /// The first physical address beyond what the processor reaches: 64 GiB with 36 address lines; for
  /// 64 bits what frame numbers of 32 bits name.
  var addressLimit: ByteCount {
    switch architecture {
    case .i386: .gibibytes(64)
    case .x86_64: ByteCount(PageFrameNumber.limit / 1024 * (4096 * 1024))
    }
  }

  /// The zones, lowest first, with the frame after the last that each may have.
  var zoneLimits: [(type: ZoneType, end: Int)] {
    let mebibyte = (1 << 20) >> PageFrameNumber.shift
    switch architecture {
    case .i386:
      return [(.dma, 16 * mebibyte), (.normal, 896 * mebibyte), (.highMemory, .max)]
    case .x86_64:
      let all: [(type: ZoneType, end: Int)] = [
        (.dma, 16 * mebibyte), (.dma32, 4096 * mebibyte), (.normal, .max),
      ]
      return hasDMAZone ? all : Array(all.dropFirst())
    }
  }

  /// How far one node is from another.
  ///
  /// - Precondition: both are nodes of the plan, and its table has a row and a column for each.
  public func distance(_ from: Int, _ to: Int) -> Int {
    distances?[from][to] ?? (from == to ? 10 : 20)
  }
}

extension ByteCount {
  fileprivate init(clamping value: UInt64, _ overflow: Bool) {
    self.init(overflow || value > UInt64(Int.max) ? .max : Int(value))
  }
}
