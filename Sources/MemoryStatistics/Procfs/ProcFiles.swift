// SPDX-License-Identifier: MIT

internal import Pages

/// What the sources of /proc have in common: reading one process, the machine, and details.
struct ProcFiles: ~Copyable {
  var reader: ProcReader
  /// Whether the folder is the running kernel's, so that its processes can be asked about elsewhere.
  let isRunningKernel: Bool
  let root: String

  init(root: String) throws(StatisticsError) {
    self.root = root
    isRunningKernel = root == "/proc"
    do throws(KernelFailure) {
      reader = ProcReader(folder: try Kernel.openFolder(root))
    } catch {
      throw .unreadable(path: root, errorNumber: error.number)
    }
  }

  /// One process as the kernel would judge it, or nil where there is none.
  mutating func process(_ pid: ProcessIdentifier) -> ProcessStatistics? {
    guard var row = row(of: pid) else { return nil }
    judge(&row, machine: machine())
    return row
  }

  /// The folder, opened anew for a listing.
  func folder() throws(StatisticsError) -> ProcFolder {
    do throws(KernelFailure) {
      return ProcFolder(folder: try Kernel.openFolder(root), path: root)
    } catch {
      throw .unreadable(path: root, errorNumber: error.number)
    }
  }

  /// What the machine says of itself; nil throughout where it says nothing.
  mutating func machine() -> MachineMemory {
    var machine = MachineMemory(pageSize: isRunningKernel ? Kernel.pageSize : 4096)
    do throws(KernelFailure) {
      try reader.read("meminfo")
      machine.take(meminfo: reader.bytes)
    } catch {
      // Without it the table still stands; ranks and scores are unknown.
    }
    return machine
  }

  /// One row, or nil where the process has ended.
  ///
  /// - Parameter kept: the process's files where they are open.
  mutating func row(of pid: ProcessIdentifier, kept: KeptFiles? = nil) -> ProcessStatistics? {
    var row = ProcessStatistics(pid: pid)
    do throws(KernelFailure) {
      if let kept { try reader.read(kept.status) } else { try reader.read("status", of: pid) }
    } catch {
      if error.isGone { return nil }
      // It is there and may not be read (mount option hidepid): that is all that is known.
      row.userID = reader.owner(of: pid)
      return row
    }
    // A process that ends between open and read leaves an empty file.
    if reader.bytes.isEmpty && isRunningKernel { return nil }
    row.take(status: reader.bytes)
    do throws(KernelFailure) {
      if let kept {
        try reader.read(kept.adjustment)
      } else {
        try reader.read("oom_score_adj", of: pid)
      }
      row.oomScoreAdjustment = reader.bytes.decimal(from: 0, to: reader.bytes.count)
    } catch {
      if error.isGone && isRunningKernel { return nil }
    }
    return row
  }

  /// Opens the files of a row, to be read again and again; nil where they can't be.
  mutating func keep(_ pid: ProcessIdentifier) -> KeptFiles? {
    do throws(KernelFailure) {
      return KeptFiles(
        status: try reader.open("status", of: pid),
        adjustment: try reader.open("oom_score_adj", of: pid))
    } catch {
      return nil
    }
  }

  /// Works out whom the kernel would kill, and how /proc would show it.
  ///
  /// The rows' owners are known by now: a process that uses its parent's memory is passed by only
  /// between vfork and exec, and oom_score tells whether it is there. The same file tells whether the
  /// first process is the machine's own.
  mutating func judge(_ row: inout ProcessStatistics, machine: MachineMemory) {
    switch row.addressSpace {
    case .absent: row.badness = .neverKilled
    case .unknown: row.badness = nil
    case .present:
      guard machine.ram != nil, let committed = row.committed, let swap = row.swap,
        let pageTables = row.pageTables, let adjustment = row.oomScoreAdjustment
      else {
        row.badness = nil
        row.oomScore = nil
        return
      }
      let memory = committed.addingWithoutTrap(swap).addingWithoutTrap(pageTables)
      row.badness = Badness(memory: memory, adjustment: adjustment, machine: machine)
      let isSpecial = row.pid == .first || (row.addressSpaceOwner ?? row.pid) != row.pid
      if isSpecial && shownScore(of: row.pid) == 0 { row.badness = .neverKilled }
    }
    row.oomScore = row.badness?.score(machine: machine)
  }

  private mutating func shownScore(of pid: ProcessIdentifier) -> Int? {
    do throws(KernelFailure) {
      try reader.read("oom_score", of: pid)
    } catch {
      return nil
    }
    return reader.bytes.decimal(from: 0, to: reader.bytes.count)
  }

  /// Reads what is asked for besides, where it can be read.
  mutating func read(_ details: ProcessDetails, into row: inout ProcessStatistics) {
    if details.contains(.proportional) {
      row.proportional = row.addressSpace == .absent ? 0 : nil
      if row.addressSpace == .present, let text = text("smaps_rollup", of: row.pid) {
        row.proportional = text.proportional
      }
    }
    if details.contains(.commandLine) {
      row.commandLine = text("cmdline", of: row.pid).map(\.commandLine)
    }
    if details.contains(.cgroup) {
      row.cgroup = text("cgroup", of: row.pid)?.cgroup
    }
  }

  private mutating func text(_ name: StaticString, of pid: ProcessIdentifier) -> DetailText? {
    do throws(KernelFailure) {
      try reader.read(name, of: pid, isWhole: false)
      let bytes = reader.bytes
      return DetailText(bytes: bytes.text(from: 0, to: bytes.count))
    } catch {
      return nil
    }
  }
}

/// The text of a file that is read on request only, where speed counts less than shortness.
private struct DetailText {
  let bytes: String

  /// The line `Pss:` of smaps_rollup.
  var proportional: ByteCount? {
    for line in bytes.utf8.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Pss:".utf8)
    {
      let digits = line.dropFirst(4).filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      guard let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : ByteCount(product)
    }
    return nil
  }

  /// The arguments, which end in NUL each, with blanks between them.
  var commandLine: String {
    bytes.utf8.split(separator: 0, omittingEmptySubsequences: true)
      .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  /// The path in the one hierarchy of version 2, else that of the memory controller.
  var cgroup: String? {
    var path: String?
    for line in bytes.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].split(separator: ",").contains("memory") { return String(parts[2]) }
      if parts[0] == "0" { path = String(parts[2]) }
    }
    return path
  }
}
