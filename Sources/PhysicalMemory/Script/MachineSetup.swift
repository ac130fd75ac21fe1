// SPDX-License-Identifier: MIT

public import Pages

/// What a machine is to be built of, as far as somebody said it.
public struct MachineSetup: Sendable {
  /// The processor whose zones it has.
  public var architecture: Architecture?
  /// Bytes of RAM.
  public var ram: ByteCount?
  /// NUMA nodes that share the RAM.
  public var nodes: Int?
  /// Processors.
  public var cpus: Int?
  /// Bytes of swap.
  public var swap: ByteCount?
  /// The seed of its chance.
  public var seed: Int?
  /// How watermarks follow from the size.
  public var policy: WatermarkPolicy?
  /// Whether processors keep frames for themselves.
  public var usesPerCPUPages: Bool?

  /// A machine of which nothing is said.
  public init() {}

  /// Reads `machine i386 ram 1GiB cpus 2 swap 64MiB seed 7 watermarks linear percpu off`.
  init(_ words: inout ScriptWords) throws(ScriptError.Problem) {
    while let word = words.nextIfAny() {
      switch word {
      case "i386", "x86-64": architecture = Architecture(rawValue: word)
      case "ram": ram = try words.size("the size of RAM")
      case "nodes": nodes = try words.number("the number of nodes")
      case "cpus": cpus = try words.number("the number of processors")
      case "swap": swap = try words.size("the size of swap")
      case "seed": seed = try words.number("the seed")
      case "watermarks": policy = try words.policy()
      case "percpu": usesPerCPUPages = try words.isOn()
      default: throw .invalid(word, expected: "a part of a machine")
      }
    }
  }

  /// This, and where it says nothing, the other.
  public func over(_ other: MachineSetup) -> MachineSetup {
    var result = other
    if let architecture { result.architecture = architecture }
    if let ram { result.ram = ram }
    if let nodes { result.nodes = nodes }
    if let cpus { result.cpus = cpus }
    if let swap { result.swap = swap }
    if let seed { result.seed = seed }
    if let policy { result.policy = policy }
    if let usesPerCPUPages { result.usesPerCPUPages = usesPerCPUPages }
    return result
  }

  /// The plan: where nothing was said, a 64-bit machine of 4 GiB with a node and a processor.
  ///
  /// - Throws: ``MachineError/invalidNodeCount(_:frames:)`` for nodes of a 32-bit machine, which has
  ///   one.
  public func layout() throws(MachineError) -> MachineLayout {
    let ram = ram ?? .gibibytes(4)
    let nodes = nodes ?? 1
    var layout: MachineLayout
    switch architecture ?? .x86_64 {
    case .i386:
      guard nodes == 1 else {
        throw .invalidNodeCount(nodes, frames: ram.rawValue >> PageFrameNumber.shift)
      }
      layout = .i386(ram: ram, cpus: cpus ?? 1)
    case .x86_64: layout = .x86_64(ram: ram, nodes: nodes, cpus: cpus ?? 1)
    }
    if let swap { layout.swap = swap }
    if let seed { layout.seed = UInt64(truncatingIfNeeded: seed) }
    if let policy { layout.watermarkPolicy = policy }
    if let usesPerCPUPages { layout.usesPerCPUPages = usesPerCPUPages }
    return layout
  }
}
