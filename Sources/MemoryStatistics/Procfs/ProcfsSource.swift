// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics from /proc, for one look: two files a process are opened, read and closed.
public struct ProcfsSource: StatisticsSource, ~Copyable {
  private var files: ProcFiles
  private let sharing: AddressSpaceSharing
  /// The end of the last scan.
  private var scanned: Int?

  /// Opens /proc, or a folder that looks like it.
  public init(root: String = "/proc") throws(StatisticsError) {
    files = try ProcFiles(root: root)
    sharing = AddressSpaceSharing(isAvailable: files.isRunningKernel)
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    let machine = files.machine()
    var rows = try ProcScan.rows(of: files.folder(), from: &files)
    scanned = Kernel.ticks
    sharing.note(in: &rows)
    for index in rows.indices { files.judge(&rows[index], machine: machine) }
    return Snapshot(origin: .procfs, processes: consume rows, machine: machine, time: Kernel.now)
  }

  public mutating func snapshot(
    of pids: Set<ProcessIdentifier>
  ) throws(StatisticsError) -> Snapshot {
    let snapshot = files.snapshot(of: pids, sharing: sharing)
    scanned = Kernel.ticks
    return snapshot
  }

  public mutating func process(
    _ pid: ProcessIdentifier
  ) throws(StatisticsError) -> ProcessStatistics? {
    let process = files.process(pid)
    scanned = Kernel.ticks
    return process
  }

  public mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics) {
    files.read(details, into: &process, scanned: scanned)
  }

  public mutating func limit(onMemoryOf cgroup: String) -> CgroupLimit? {
    files.limit(onMemoryOf: cgroup)
  }
}
