// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics from /proc, for one look: two files a process are opened, read and closed.
public struct ProcfsSource: StatisticsSource, ~Copyable {
  private var files: ProcFiles
  private let sharing: AddressSpaceSharing

  /// Opens /proc, or a folder that looks like it.
  public init(root: String = "/proc") throws(StatisticsError) {
    files = try ProcFiles(root: root)
    sharing = AddressSpaceSharing(isAvailable: files.isRunningKernel)
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    let machine = files.machine()
    var rows = try ProcScan.rows(of: files.folder(), from: &files)
    sharing.note(in: &rows)
    for index in rows.indices { files.judge(&rows[index], machine: machine) }
    return Snapshot(origin: .procfs, processes: consume rows, machine: machine, time: Kernel.now)
  }

  public mutating func process(
    _ pid: ProcessIdentifier
  ) throws(StatisticsError) -> ProcessStatistics? {
    files.process(pid)
  }

  public mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics) {
    files.read(details, into: &process)
  }
}
