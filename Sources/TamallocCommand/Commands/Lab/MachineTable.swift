// SPDX-License-Identifier: MIT

internal import Pages
internal import PhysicalMemory

/// A machine's zones at a glance, for people.
struct MachineTable {
  private let title: String
  private let rows: [[String]]

  init(_ machine: borrowing Machine) {
    let layout = machine.layout
    title =
      "\(layout.architecture.rawValue), \(ByteCount(machine.presentFrames << 12)) of RAM, "
      + "\(Self.counted(machine.nodeCount, "node")), "
      + "\(Self.counted(layout.processors.count, "processor")); figures are page frames of 4 KiB."
    rows = machine.populatedZones.map { zone in
      let marks = zone.watermarks
      let figures = [
        Int(zone.start.rawValue), Int(zone.end.rawValue) - 1, zone.present, zone.free, marks.min,
        marks.low,
        marks.high,
      ]
      return ["\(zone.node), \(zone.type)"] + figures.map(String.init)
    }
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  func lines(width: Int) -> [String] {
    let table = TextTable(
      header: ["node, zone", "first", "last", "present", "free", "min", "low", "high"], rows: rows)
    return Paragraph.lines(of: title, width: width) + [""] + table.lines(width: width) + [""]
      + Paragraph.lines(
        of: "Nothing was done with it yet: --script FILE runs a script on it; --show, --procfs, "
          + "--json and --report show it in other ways.", width: width)
  }
}
