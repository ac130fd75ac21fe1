// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics from /proc, for one look: two files a process are opened, read and closed.
public struct ProcfsSource: StatisticsSource, ~Copyable {
  private var files: ProcFiles
  private var folder: ProcFolder
  private let sharing: AddressSpaceSharing

  /// Opens /proc, or a folder that looks like it.
  public init(root: String = "/proc") throws(StatisticsError) {
    let files = try ProcFiles(root: root)
    let folder = try files.folder()
    sharing = AddressSpaceSharing(isAvailable: files.isRunningKernel)
    self.files = files
    self.folder = folder
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    let pids = try folder.processes()
    let machine = files.machine()
    var rows = ProcScan.rows(of: pids, from: &files)
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
