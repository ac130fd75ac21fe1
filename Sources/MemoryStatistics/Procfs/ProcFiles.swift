// SPDX-License-Identifier: MIT

internal import Pages

/// What the sources of /proc have in common: reading one process, the machine, and details.
struct ProcFiles: ~Copyable {
  var reader: ProcReader
  /// Whether the folder is the running kernel's, so that its processes can be asked about elsewhere.
  let isRunningKernel: Bool
  let root: String

  /// Where control groups say what they use, once that was asked for.
  var controlGroups: ControlGroups?

  init(root: String) throws(StatisticsError) {
    self.root = root
    isRunningKernel = root == "/proc"
    let folder: Descriptor
    do throws(KernelFailure) {
      folder = try Kernel.openProcesses(root, isKernels: isRunningKernel)
    } catch {
      if isRunningKernel && error.isGone { throw .noProcfs }
      throw .unreadable(path: root, errorNumber: error.number)
    }
    reader = ProcReader(folder: folder)
  }

  /// One process as the kernel would judge it, or nil where there is none.
  mutating func process(_ pid: ProcessIdentifier) -> ProcessStatistics? {
    guard var row = ownRow(of: pid) else { return nil }
    judge(&row, machine: machine(), isAlone: true)
    return row
  }

  /// Some processes, without their ranks.
  mutating func snapshot(
    of pids: Set<ProcessIdentifier>, sharing: AddressSpaceSharing
  ) -> Snapshot {
    let machine = machine()
    var rows: [ProcessStatistics] = []
    for pid in pids.sorted() {
      if let row = ownRow(of: pid) { rows.append(row) }
    }
    sharing.note(in: &rows)
    for index in rows.indices { judge(&rows[index], machine: machine, isAlone: true) }
    return Snapshot(
      origin: .procfs, processes: consume rows, machine: machine, time: Kernel.now, isRanked: false)
  }

  /// A process's row; nil for a thread, whose files /proc has under its number, but does not list.
  private mutating func ownRow(of pid: ProcessIdentifier) -> ProcessStatistics? {
    guard let row = row(of: pid), row.threadGroup ?? pid == pid else { return nil }
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
      if try reader.readOwn("meminfo") {
        machine.take(meminfo: reader.bytes)
      } else {
        machine.origin = .foreignMeminfo
      }
    } catch {
      machine.origin = .noMeminfo
    }
    if machine.origin != .kernel && isRunningKernel { machine.takeKernelTotals() }
    // Without any total the table still stands; ranks and scores are unknown.
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
      row.failure = error.number
      return row
    }
    // A process that ends between open and read leaves an empty file.
    if reader.bytes.isEmpty && isRunningKernel { return nil }
    row.take(status: reader.bytes)
    if row.hasExitedLeader { takeMemoryOfThread(into: &row) }
    do throws(KernelFailure) {
      if let kept {
        try reader.read(kept.adjustment)
      } else {
        try reader.read("oom_score_adj", of: pid)
      }
      row.oomScoreAdjustment = reader.bytes.decimal(from: 0, to: reader.bytes.count)
    } catch {
      if error.isGone && isRunningKernel { return nil }
      row.failure = error.number
    }
    return row
  }

  /// Reads the memory of a process whose first thread has ended: any other thread knows it.
  private mutating func takeMemoryOfThread(into row: inout ProcessStatistics) {
    do throws(KernelFailure) {
      var folder = ProcFolder(folder: try reader.openThreads(of: row.pid), path: root)
      let threads = (try? folder.processes()) ?? []
      for thread in threads where thread != row.pid {
        var status = ProcessStatistics(pid: row.pid)
        try reader.read("status", of: row.pid, thread: thread)
        status.take(status: reader.bytes)
        guard status.addressSpace == .present else { continue }
        row.takeMemory(of: thread, as: status)
        return
      }
    } catch {
      // The thread has ended, too; the process is about to.
    }
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
  ///
  /// - Parameter isAlone: whether owners are not known, as no others were looked at.
  mutating func judge(
    _ row: inout ProcessStatistics, machine: MachineMemory, isAlone: Bool = false
  ) {
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
      if isSpecial {
        if shownScore(of: row.pid) == 0 { row.badness = .neverKilled }
      } else if isAlone, row.badness?.score(machine: machine) ?? 0 > 1,
        shownScore(of: row.pid) == 0
      {
        row.badness = .neverKilled
      }
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
}
