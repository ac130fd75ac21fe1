// SPDX-License-Identifier: MIT

internal import FoundationEssentials
internal import Laboratory
internal import MachineScript
internal import PhysicalMemory

/// What the page of a machine draws.
struct MachinePicture: Encodable {
  /// A zone at a moment, in frames.
  struct ZoneFigures: Encodable {
    var node: Int
    var type: String
    var free, min, low, high, managed: Int
  }

  /// A moment of the script's run.
  struct Moment: Encodable {
    var line: Int
    var statement: String
    var tick: Int
    var map: String
    var blocks: [Int]
    var unusable: [Double]
    var zones: [ZoneFigures]
    var reclaiming: Bool
  }

  var architecture: String
  var mebibytes, nodes, processors: Int
  var framesPerCell: Int
  var cells: Int
  var moments: [Moment]

  init(_ history: MachineHistory, of machine: borrowing Machine) {
    architecture = machine.layout.architecture.rawValue
    mebibytes = machine.presentFrames >> 8
    nodes = machine.nodeCount
    processors = machine.layout.processors.count
    framesPerCell = history.moments.first?.map.framesPerCell ?? 1
    cells = history.moments.first?.map.cells ?? 0
    moments = history.moments.map { moment in
      Moment(
        line: moment.line, statement: moment.statement, tick: moment.tick, map: moment.map.runs,
        blocks: moment.blocks,
        unusable: moment.blocks.indices.map { (moment.unusable($0) * 10_000).rounded() / 10_000 },
        zones: moment.zones.map { zone in
          ZoneFigures(
            node: zone.node.rawValue, type: "\(zone.type)", free: zone.free,
            min: zone.watermarks.min,
            low: zone.watermarks.low, high: zone.watermarks.high, managed: zone.managed)
        }, reclaiming: moment.isReclaiming)
    }
  }

  /// The page.
  func html() throws -> String {
    ReportPage.machine(data: String(decoding: try JSONEncoder().encode(self), as: UTF8.self))
  }
}
