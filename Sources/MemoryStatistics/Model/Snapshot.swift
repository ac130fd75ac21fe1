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
  /// Whether all processes of the machine are here.
  ///
  /// In a PID namespace, or where the mount option `hidepid` hides others' processes, they are not: then
  /// ranks are an order among those that are, and how much memory is in use once is not known.
  public var isWholeMachine: Bool
  /// The sums over all of them, as the source knows them best.
  public var totals: TotalStatistics
  /// Nanoseconds of the monotonic clock at the end of the scan.
  public var time: Int

  /// Ranks the rows, and sums them.
  ///
  /// - Parameters:
  ///   - processes: in the order of their pids.
  ///   - isRanked: false for a selection, whose order says nothing.
  /// - Complexity: O(*n* log *n*).
  init(
    origin: Origin, processes: [ProcessStatistics], machine: MachineMemory, time: Int,
    isRanked: Bool = true
  ) {
    self.origin = origin
    // The last use of the parameter: nobody else has the rows then, and the ranks are written into them
    // and not into a copy.
    self.processes = processes
    self.machine = machine
    self.time = time
    isWholeMachine = Self.hasKernelThreads(self.processes)
    if !isWholeMachine {
      // They are the whole machine's, and say nothing of a part of its processes.
      self.machine.anonymousOnce = nil
      self.machine.mappedOnce = nil
    }
    totals = TotalStatistics(of: self.processes)
    if isRanked { OutOfMemoryRanking.assign(to: &self.processes) }
    guard let ram = machine.ram, ram > 0 else { return }
    for index in self.processes.indices {
      guard let committed = self.processes[index].committed else { continue }
      self.processes[index].ramShare = Double(committed.rawValue) / Double(ram.rawValue)
    }
  }
  /// Whether kthreadd is among the processes: process 2, a kernel thread that nobody started. It belongs
  /// to root and to the first PID namespace, so whoever sees it sees everybody.
  private static func hasKernelThreads(_ processes: [ProcessStatistics]) -> Bool {
    guard let position = processes.position(of: 2) else { return false }
    let second = processes[position]
    return second.parent == 0 && second.addressSpace == .absent && second.state?.hasEnded != true
  }
}
