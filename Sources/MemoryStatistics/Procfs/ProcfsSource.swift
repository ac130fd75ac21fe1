// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics from /proc, for one look: three files a process are opened, read and closed.
public struct ProcfsSource: StatisticsSource, ~Copyable {
  private var files: ProcFiles
  private var folder: ProcFolder
  private let sharing: AddressSpaceSharing

  /// Opens /proc, or a folder that looks like it.
  public init(root: String = "/proc") throws(StatisticsError) {
    let files = try ProcFiles(root: root)
    let folder = try files.folder()
    self.files = files
    self.folder = folder
    sharing = AddressSpaceSharing(isAvailable: root == "/proc")
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    let pids: [ProcessIdentifier]
    do throws(KernelFailure) {
      pids = try folder.processes()
    } catch {
      throw .unreadable(path: files.root, errorNumber: error.number)
    }
    let machine = files.machine()
    var rows: [ProcessStatistics] = []
    rows.reserveCapacity(pids.count)
    for pid in pids {
      if let row = files.row(of: pid) { rows.append(row) }
    }
    sharing.note(in: &rows)
    for index in rows.indices { files.judge(&rows[index], machine: machine) }
    return Snapshot(origin: .procfs, processes: rows, machine: machine, time: Kernel.now)
  }

  public mutating func process(
    _ pid: ProcessIdentifier
  ) throws(StatisticsError) -> ProcessStatistics? {
    guard var row = files.row(of: pid) else { return nil }
    files.judge(&row, machine: files.machine())
    return row
  }

  public mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics) {
    files.read(details, into: &process)
  }
}
