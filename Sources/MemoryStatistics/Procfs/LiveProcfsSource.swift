// SPDX-License-Identifier: MIT

// A live view looks every second, and between two looks most processes do nothing. So each process's
// statm, the cheapest of its files, is kept open and read every time (0.7 µs; opened anew 3.6 µs). The
// expensive ones, status and oom_score_adj (11 µs, of which opening and closing are 5), are read when statm
// says something new, and else once in `period` looks, a different part of the processes each time.
// They are kept open too while there is room: the three take 9 KiB of the kernel's memory a process, of
// which status takes half. /proc is not listed for the processes that are known: a statm that can't be
// read any more says that its process has ended.
//
// Promise. Reserved and committed are those of this look. What statm does not show (name, user,
// parent, adjustment, swap, the parts of committed) is that of this look where anything in statm has
// changed, and else at most `period` looks old.
//
// A file of a process that has ended fails with ESRCH, even if its pid is in use again: so a row and
// its `generation` stand for one process.
//
// The rows lie in one array and change in their places: a copy of each at each look would take as long
// as the kernel takes for statm.

internal import Pages

/// Statistics from /proc, again and again.
public struct LiveProcfsSource: StatisticsSource, ~Copyable {
  /// After how many looks a process that seems to do nothing is read in full.
  public static let usualPeriod = 16

  private var files: ProcFiles
  private var newcomers: Newcomers
  private let sharing: AddressSpaceSharing
  /// In the order of pids.
  private var rows: [ProcessStatistics] = []
  /// What is kept of the process in the same place of `rows`.
  private var watches: [StatmWatch] = []
  private var looks = 0
  private var generations = 0
  /// How many files may be open at once; of a folder that is not the kernel's none, as they would not
  /// say when a process ends. Known at the first look: a command that is started before it has the limit
  /// that this program was given.
  private var fileLimit: Int?
  private let spared: Int
  private var openFiles = 0
  private let period: Int
  /// The end of the last look.
  private var scanned: Int?

  /// Opens /proc, or a folder that looks like it.
  ///
  /// - Parameter spared: how many files others of this program may want to have open.
  public init(
    root: String = "/proc", period: Int = LiveProcfsSource.usualPeriod, spared: Int = 64
  ) throws(StatisticsError) {
    var files = try ProcFiles(root: root)
    let newcomers = try Newcomers(files: &files)
    sharing = AddressSpaceSharing(isAvailable: files.isRunningKernel)
    self.period = max(period, 1)
    self.spared = spared
    self.files = files
    self.newcomers = newcomers
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    looks += 1
    if fileLimit == nil {
      fileLimit = files.isRunningKernel ? Kernel.raiseDescriptorLimit() - spared : 0
    }
    let candidates = try newcomers.list(&files, isWhole: looks % period == 0)
    let machine = files.machine()
    let broken = update()
    for pid in candidates {
      let place = rows.place(of: pid)
      if place < rows.count, rows[place].pid == pid { continue }
      insert(pid, at: place)
    }
    scanned = Kernel.ticks
    files.controlGroups?.forget()
    noteSharing(broken: broken)
    for index in rows.indices { files.judge(&rows[index], machine: machine) }
    return Snapshot(origin: .procfs, processes: rows, machine: machine, time: Kernel.now)
  }

  /// Brings the known rows up to date, and drops those whose process has ended; returns the owners of
  /// address spaces that may be shared by others now.
  private mutating func update() -> Set<ProcessIdentifier> {
    var broken: Set<ProcessIdentifier> = []
    var kept = 0
    for index in rows.indices {
      let owner = rows[index].addressSpaceOwner
      switch change(at: index) {
      case .ended:
        if let owner { broken.insert(owner) }
        openFiles -= watches[index].openFiles
        continue
      case .none: break
      case .kin:
        if let owner { broken.insert(owner) }
        watches[index].isSharingUnknown = true
      }
      if kept < index {
        rows.swapAt(kept, index)
        watches.swapAt(kept, index)
      }
      kept += 1
    }
    rows.removeLast(rows.count - kept)
    watches.removeLast(watches.count - kept)
    return broken
  }

  /// Asks who shares an address space, of those only of whom it is not known.
  private mutating func noteSharing(broken: Set<ProcessIdentifier>) {
    if !broken.isEmpty {
      for index in rows.indices {
        guard let owner = rows[index].addressSpaceOwner, broken.contains(owner) else { continue }
        rows[index].addressSpaceOwner = nil
        watches[index].isSharingUnknown = true
      }
    }
    guard watches.contains(where: \.isSharingUnknown) else { return }
    sharing.note(in: &rows, dueAt: { watches[$0].isSharingUnknown })
    for index in watches.indices { watches[index].isSharingUnknown = false }
  }

  /// What has become of a process.
  private enum Change {
    case ended
    /// Nothing that others have to do with.
    case none
    /// Its parent, or the size of an address space that it shares.
    case kin
  }

  /// Looks at a known process once more.
  private mutating func change(at index: Int) -> Change {
    let pid = rows[index].pid
    // The statm of a first thread that has ended says nothing of the others.
    let isDue =
      (looks &+ Int(pid.rawValue)) % period == 0 || rows[index].memoryThread != nil
    let kept = watches[index].kept
    // Where status is read anyway, from a file that ends with its process, it says what statm does.
    let needsStatm = !isDue || kept == nil
    if needsStatm, let file = watches[index].file {
      do throws(KernelFailure) {
        try files.reader.read(file.descriptor)
      } catch {
        return .ended
      }
      if files.reader.bytes.isEmpty { return .ended }
      let figures = StatmFigures(files.reader.bytes)
      guard isDue || figures != watches[index].figures else { return .none }
      watches[index].figures = figures
    }
    guard var row = files.row(of: pid, kept: kept) else { return .ended }
    if !needsStatm { watches[index].figures = StatmFigures(row) }
    row.generation = rows[index].generation
    row.addressSpaceOwner = rows[index].addressSpaceOwner
    row.isComparisonRefused = rows[index].isComparisonRefused
    let isKin =
      row.parent != rows[index].parent
      || (row.addressSpaceOwner != nil && row.reserved != rows[index].reserved)
    rows[index] = row
    return isKin ? .kin : .none
  }

  /// Takes in a process that was not there at the look before, if it still is there.
  private mutating func insert(_ pid: ProcessIdentifier, at place: Int) {
    var watch = StatmWatch()
    let fileLimit = fileLimit ?? 0
    if openFiles + 1 + KeptFiles.count <= fileLimit { watch.kept = files.keep(pid) }
    guard var row = files.row(of: pid, kept: watch.kept) else { return }
    generations += 1
    row.generation = generations
    if openFiles < fileLimit {
      do throws(KernelFailure) {
        let file = try files.reader.open("statm", of: pid)
        try files.reader.read(file)
        watch.figures = StatmFigures(files.reader.bytes)
        watch.file = OpenFile(file)
      } catch {
        // It is read in full each time, then.
      }
    }
    openFiles += watch.openFiles
    rows.insert(row, at: place)
    watches.insert(watch, at: place)
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
    guard let index = rows.position(of: process.pid),
      rows[index].generation == process.generation, let file = watches[index].file
    else { return files.read(details, into: &process, scanned: scanned) }
    var read = process
    files.read(details, into: &read, scanned: nil)
    // A file that is open fails once its process has ended: cheaper than a start time.
    do throws(KernelFailure) {
      try files.reader.read(file.descriptor)
      if !files.reader.bytes.isEmpty { process = read }
    } catch {
      // What was read may be another process's.
    }
  }

  public mutating func limit(onMemoryOf cgroup: String) -> CgroupLimit? {
    files.limit(onMemoryOf: cgroup)
  }
}
