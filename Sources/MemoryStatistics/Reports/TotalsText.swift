// SPDX-License-Identifier: MIT

internal import Pages

/// The totals as a person reads them.
public struct TotalsText {
  /// The unit of bytes.
  public var unit: ByteUnit

  /// A text with bytes in a unit.
  public init(unit: ByteUnit) {
    self.unit = unit
  }

  /// A few lines, each with its newline.
  ///
  /// - Parameter isComplete: whether the totals are of all processes, and not of a selection.
  public func lines(
    of totals: TotalStatistics, machine: MachineMemory, isComplete: Bool
  ) -> String {
    var lines: [(String, String)] = []
    let count =
      "\(totals.processes) process\(totals.processes == 1 ? "" : "es"), "
      + "\(totals.addressSpaces) address space\(totals.addressSpaces == 1 ? "" : "s")"
    lines.append(("total", count))
    lines.append(("reserved", unit.text(totals.reserved)))
    let ratio = totals.committedRatio.map { " (\(StatisticsTable.percent($0)) of reserved)" } ?? ""
    lines.append(("committed", unit.text(totals.committed) + ratio))
    if let overcount = totals.overcount(machine: machine, isComplete: isComplete) {
      let once = totals.proportional ?? machine.committedOnce ?? 0
      let reason = "pages that several processes share count in each"
      lines.append(
        ("  each page once", "\(unit.text(once)): \(reason), \(Self.factor(overcount)) times"))
    }
    if totals.uncompared > 0 {
      let bound = unit.text(totals.uncomparedCommitted)
      let reason = "the kernel refuses to say whether \(totals.uncompared) of them share memory"
      lines.append(("  not compared", "\(reason): up to \(bound) may count more than once"))
    }
    lines.append(("swapped", unit.text(totals.swap)))
    if let hugetlb = totals.hugetlb, hugetlb > 0 {
      lines.append(("huge pages", "\(unit.text(hugetlb)) of the hugetlb pool, beside committed"))
    }
    func machineLine(_ title: String, _ count: ByteCount?, of whole: ByteCount? = nil) {
      var text = count.map(unit.text) ?? "–"
      if let whole { text += " of \(unit.text(whole))" }
      lines.append((title, text))
    }
    let available = machine.available.map { ", \(unit.text($0)) available" } ?? ""
    lines.append(("RAM", (machine.ram.map(unit.text) ?? "–") + available))
    machineLine("swap", machine.swap)
    machineLine("promised", machine.committedAS, of: machine.commitLimit)
    switch machine.origin {
    case .kernel: break
    case .noMeminfo:
      lines.append(("", "/proc/meminfo is not there (/proc mounted with subset=pid?)"))
    case .foreignMeminfo:
      lines.append(
        ("", "RAM and swap by sysinfo(2): /proc/meminfo is not the kernel's own (lxcfs?)"))
    }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { title, text in
      title + String(repeating: " ", count: width - title.count + 2) + text + "\n"
    }.joined()
  }

  private static func factor(_ value: Double) -> String {
    let tenths = Int((min(max(value, 0), 1e9) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
