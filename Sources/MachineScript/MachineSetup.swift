// SPDX-License-Identifier: MIT

public import Pages
public import PhysicalMemory

/// The settings of a machine, as far as they were given.
///
/// RAM is given by its size, or by ranges of addresses with holes between them.
public struct MachineSetup: Sendable, Hashable {
  /// The processor whose zones it has.
  public var architecture: Architecture?
  /// Bytes of RAM.
  public var ram: ByteCount?
  /// Where its RAM lies; empty: from address 0 on.
  public var ranges: [MachineLayout.Range] = []
  /// NUMA nodes that share the RAM; by default with ranges, as many as the ranges name.
  public var nodes: Int?
  /// Processors.
  public var cpus: Int?
  /// Distances between nodes that are not 20.
  public var distances: [NodeDistance] = []
  /// Bytes of swap.
  public var swap: ByteCount?
  /// The seed of its random numbers.
  public var seed: Int?
  /// How watermarks follow from the size.
  public var watermarkPolicy: WatermarkPolicy?
  /// Whether processors cache frames.
  public var usesPerCPUPages: Bool?

  /// No settings.
  public init() {}

  /// Reads `machine i386 ram 1GiB cpus 2 swap 64MiB seed 7 watermarks linear percpu off`, or with
  /// `range 640KiB@0 range 1GiB@1MiB` in place of `ram`, and `nodes 3 distance 0:2:40`.
  init(_ words: inout ScriptWords) throws(ScriptError.Problem) {
    while let word = words.nextIfAny() {
      switch word {
      case "i386", "x86-64": architecture = Architecture(rawValue: word)
      case "ram": ram = try words.size("the size of RAM")
      case "range":
        let word = try words.next("a range")
        guard let range = MachineLayout.Range(word) else {
          throw .invalid(word, expected: "a range; write SIZE@START or SIZE@START:NODE")
        }
        ranges.append(range)
      case "nodes": nodes = try words.number("the number of nodes")
      case "distance":
        let word = try words.next("a distance")
        guard let distance = NodeDistance(word) else {
          throw .invalid(word, expected: "a distance; write NODE:NODE:DISTANCE, as 0:1:40")
        }
        distances.append(distance)
      case "cpus": cpus = try words.number("the number of processors")
      case "swap": swap = try words.size("the size of swap")
      case "seed": seed = try words.number("the seed")
      case "watermarks": watermarkPolicy = try words.watermarkPolicy()
      case "percpu": usesPerCPUPages = try words.isOn()
      default: throw .invalid(word, expected: "a part of a machine")
      }
    }
    if ram != nil, !ranges.isEmpty { throw .excluded("ram", by: "range") }
  }

  /// These settings, and the other's where they give none.
  public func over(_ other: MachineSetup) -> MachineSetup {
    var result = other
    if let architecture { result.architecture = architecture }
    if let ram { (result.ram, result.ranges) = (ram, []) }
    if !ranges.isEmpty { (result.ram, result.ranges) = (nil, ranges) }
    if let nodes { result.nodes = nodes }
    if !distances.isEmpty { result.distances = distances }
    if let cpus { result.cpus = cpus }
    if let swap { result.swap = swap }
    if let seed { result.seed = seed }
    if let watermarkPolicy { result.watermarkPolicy = watermarkPolicy }
    if let usesPerCPUPages { result.usesPerCPUPages = usesPerCPUPages }
    return result
  }

  /// The plan: by default a 64-bit machine of 4 GiB with one node and one processor.
  ///
  /// - Throws: Of PhysicalMemory's `MachineError`: `nodesWithoutRanges`, `invalidNodeCount`,
  ///   `invalidProcessorCount`, `noSuchNode`.
  public func layout() throws(MachineError) -> MachineLayout {
    // Before they are laid out on nodes, so that the message has the number given.
    if let cpus, cpus > 512 { throw .invalidProcessorCount(cpus) }
    var layout = try ranges.isEmpty ? contiguous() : scattered()
    if !distances.isEmpty, (1...64).contains(layout.nodeCount) {
      layout.distances = try NodeDistance.table(distances, nodes: layout.nodeCount)
    }
    if let swap { layout.swap = swap }
    if let seed { layout.seed = UInt64(truncatingIfNeeded: seed) }
    if let watermarkPolicy { layout.watermarkPolicy = watermarkPolicy }
    if let usesPerCPUPages { layout.usesPerCPUPages = usesPerCPUPages }
    return layout
  }

  /// RAM from address 0 on.
  private func contiguous() throws(MachineError) -> MachineLayout {
    let ram = ram ?? .gibibytes(4)
    let nodes = nodes ?? 1
    switch architecture ?? .x86_64 {
    case .i386:
      if nodes > 1 { throw .nodesWithoutRanges(nodes) }
      guard nodes == 1 else { throw .invalidNodeCount(nodes, frames: 0) }
      return .i386(ram: ram, cpus: cpus ?? 1)
    case .x86_64: return .x86_64(ram: ram, nodes: nodes, cpus: cpus ?? 1)
    }
  }

  /// RAM where the ranges are.
  private func scattered() -> MachineLayout {
    let named = ranges.reduce(0) { max($0, $1.node.rawValue) }
    let nodes = nodes ?? min(named, 64) + 1
    return MachineLayout(
      architecture ?? .x86_64, ranges: ranges, nodes: nodes,
      processors: MachineLayout.processors(cpus ?? 1, on: nodes))
  }
}

extension MachineLayout.Range {
  /// Reads `SIZE@START`, with `:NODE` behind it where it is not node 0: `1GiB@4GiB:1`.
  ///
  /// Size and start are whole numbers, in hexadecimal behind `0x`, or with a unit. This is how Linux's
  /// parameter `memmap=` says it.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let place = parts[1].split(separator: ":", omittingEmptySubsequences: false)
    guard place.count <= 2, let size = ScriptWords.number(String(parts[0])), size >= 0,
      let start = ScriptWords.number(String(place[0])), start >= 0
    else { return nil }
    var node = 0
    if place.count == 2 {
      guard let number = ScriptWords.number(String(place[1])), number >= 0 else { return nil }
      node = number
    }
    self.init(
      start: PhysicalAddress(rawValue: UInt64(start)), size: ByteCount(size),
      node: NodeNumber(node))
  }
}
