// SPDX-License-Identifier: MIT

// What the report draws: the machine at some of the moments of a script's run.
//
// Their number is not known in advance. When there are too many, every second one is dropped, and from then
// on only every second, fourth, … is recorded. The first and the last are always kept.

public import PhysicalMemory

/// The machine at a moment of a script's run.
public struct MachineMoment: Sendable {
  /// The statement that ran, and its line; 0 before the first.
  public var line: Int
  /// The statement that ran; empty before the first.
  public var statement: String
  /// Ticks since boot.
  public var tick: Int
  /// What its frames are.
  public var map: FrameMap
  /// Free blocks of all zones by order.
  public var blocks: [Int]
  /// Free frames and marks of each populated zone.
  public var zones: [Zone]
  /// Frames by what they are used for.
  public var files: Int
  /// Frames of anonymous pages.
  public var anonymous: Int
  /// Frames of slabs.
  public var slabs: Int
  /// Whether a node's kswapd is awake.
  public var isReclaiming: Bool

  init(_ run: borrowing ScriptRun, cells: Int) {
    line = run.line
    statement = run.statement
    tick = run.machine.clock.now
    map = FrameMap(of: run.machine, cells: cells)
    zones = run.machine.populatedZones
    blocks = []
    for order in 0..<Order.count {
      var count = 0
      for zone in zones { count += zone.freeBlocks(Order(unchecked: order)) }
      blocks.append(count)
    }
    files = run.machine.count(.filePages)
    anonymous = run.machine.count(.anonymousPages)
    slabs = run.machine.count(.slabReclaimable) + run.machine.count(.slabUnreclaimable)
    var isReclaiming = false
    for node in 0..<run.machine.nodeCount {
      let kswapd = try? run.machine.kswapd(of: NodeNumber(node))
      isReclaiming = isReclaiming || kswapd?.isAwake == true
    }
    self.isReclaiming = isReclaiming
  }

  /// The share of free memory unusable for a request of an order: the unusable free space index of
  /// all zones together, 0 to 1.
  public func unusable(_ order: Int) -> Double {
    var free = 0
    var usable = 0
    for (index, count) in blocks.enumerated() {
      free += count << index
      if index >= order { usable += count << index }
    }
    return free == 0 ? 0 : Double(free - usable) / Double(free)
  }
}

/// The moments of a run. An observer of ``ScriptRun`` calls ``look(at:)``.
public final class MachineHistory {
  /// The moments so far, the first one first; thinned out evenly above the limit.
  public private(set) var moments: [MachineMoment] = []
  private let limit: Int
  private let cells: Int
  private var stride = 1
  private var seen = 0

  /// - Parameters:
  ///   - limit: the most moments, 2 or more.
  ///   - cells: the most cells of a map.
  public init(limit: Int = 160, cells: Int = 8192) {
    self.limit = max(2, limit)
    self.cells = cells
  }

  /// Keeps the moment, if its turn is now.
  public func look(at run: borrowing ScriptRun) {
    defer { seen += 1 }
    guard seen % stride == 0 else { return }
    if moments.count == limit {
      moments = moments.indices.filter { $0 % 2 == 0 }.map { moments[$0] }
      stride *= 2
      guard seen % stride == 0 else { return }
    }
    moments.append(MachineMoment(run, cells: cells))
  }

  /// Keeps the last moment.
  public func finish(_ run: borrowing ScriptRun) {
    let last = MachineMoment(run, cells: cells)
    if let known = moments.last, known.line == last.line, known.map == last.map,
      known.blocks == last.blocks
    {
      return
    }
    moments.append(last)
  }
}
