// SPDX-License-Identifier: MIT

internal import Pages

/// All visible processes and the machine at one moment.
///
/// A scan takes time, and processes begin and end meanwhile: one that ended is not in the list, and
/// that is no error.
public struct Snapshot: Sendable {
  /// Where the figures come from.
  public enum Origin: String, Sendable, Hashable {
    /// The calls 555 and 556.
    case systemCalls = "syscalls"
    /// The files of /proc.
    case procfs
  }

  /// Where it was read.
  public var origin: Origin
  /// In the order of their pids.
  public var processes: [ProcessStatistics]
  /// The machine as a whole.
  public var machine: MachineMemory
  /// The sums over all of them, as the source knows them best.
  public var totals: TotalStatistics
  /// Nanoseconds of the monotonic clock at the end of the scan.
  public var time: Int

  /// Ranks the rows, and sums them.
  ///
  /// - Complexity: O(*n* log *n*).
  init(origin: Origin, processes: [ProcessStatistics], machine: MachineMemory, time: Int) {
    self.origin = origin
    // The last use of the parameter: nobody else has the rows then, and the ranks are written into them
    // and not into a copy.
    self.processes = processes
    self.machine = machine
    self.time = time
    totals = TotalStatistics(of: self.processes)
    OutOfMemoryRanking.assign(to: &self.processes)
  }
}
