// SPDX-License-Identifier: MIT

internal import MemoryStatistics
internal import Pages

/// Ranks by the limit of the control group that was asked for.
struct CgroupRanking {
  let limit: CgroupLimit

  /// Ranks all processes by the limit that holds for a group, or does nothing where it has none.
  ///
  /// - Parameter processes: all that are visible, with their groups: the limit may be that of a group
  ///   above, whose other processes may be killed too.
  init?(
    of cgroup: String?, in processes: inout [ProcessStatistics], machine: MachineMemory,
    source: inout any StatisticsSource & ~Copyable
  ) {
    guard let cgroup, let limit = source.limit(onMemoryOf: cgroup) else { return nil }
    self.limit = limit
    OutOfMemoryRanking.assign(to: &processes, within: limit, machine: machine)
  }

  /// What the ranks mean, in a line or two.
  func lines(unit: ByteUnit) -> [String] {
    let limited = "\(DisplayText.safe(limit.path)), \(unit.text(limit.memory))"
    var lines = ["RANK is for the limit of \(limited); MRANK is the machine's"]
    if let together = limit.killedTogether {
      lines.append(
        "all processes of \(DisplayText.safe(together)) are killed together (memory.oom.group)")
    }
    return lines
  }
}
