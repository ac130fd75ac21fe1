// SPDX-License-Identifier: MIT

// A live view looks every second, and between two looks most processes do nothing. So each process's
// statm, the cheapest of its files, is kept open and read every time (0.7 µs; opened anew 3.6 µs). The
// dear ones, status and oom_score_adj (11 µs), are read when statm says something new, and else once
// in `period` looks, a different part of the processes each time.
//
// Promise. Reserved and committed are those of this look. What statm does not show (name, user,
// parent, adjustment, swap, the parts of committed) is that of this look where anything in statm has
// changed, and else at most `period` looks old.
//
// A file of a process that has ended fails with ESRCH, even if its pid is in use again: so a row and
// its `generation` stand for one process.

internal import Pages

/// Statistics from /proc, again and again.
public struct LiveProcfsSource: StatisticsSource, ~Copyable {
  /// After how many looks a process that seems to do nothing is read in full.
  public static let usualPeriod = 16

  private var files: ProcFiles
  private var folder: ProcFolder
  private let sharing: AddressSpaceSharing
  private var entries: [LiveEntry] = []
  private var looks = 0
  private var generations = 0
  /// How many files may be open at once.
  private let fileLimit: Int
  private let period: Int

  /// Opens /proc, or a folder that looks like it.
  public init(
    root: String = "/proc", period: Int = LiveProcfsSource.usualPeriod
  ) throws(StatisticsError) {
    let files = try ProcFiles(root: root)
    let folder = try files.folder()
    self.files = files
    self.folder = folder
    sharing = AddressSpaceSharing(isAvailable: root == "/proc")
    self.period = max(period, 1)
    // Some are left for others.
    fileLimit = Kernel.raiseDescriptorLimit() - 64
  }

  public mutating func snapshot() throws(StatisticsError) -> Snapshot {
    let pids: [ProcessIdentifier]
    do throws(KernelFailure) {
      pids = try folder.processes()
    } catch {
      throw .unreadable(path: files.root, errorNumber: error.number)
    }
    let machine = files.machine()
    looks += 1
    let hasNews = update(pids)
    var rows = entries.map(\.row)
    if hasNews {
      sharing.note(in: &rows)
      for index in rows.indices {
        entries[index].row.addressSpaceOwner = rows[index].addressSpaceOwner
      }
    }
    for index in rows.indices {
      files.judge(&rows[index], machine: machine)
    }
    return Snapshot(origin: .procfs, processes: rows, machine: machine, time: Kernel.now)
  }

  /// Brings the entries up to date with a list of pids; returns whether any process was read in full
  /// in a way that may change who shares with whom.
  private mutating func update(_ pids: [ProcessIdentifier]) -> Bool {
    var old = entries[...]
    var new: [LiveEntry] = []
    new.reserveCapacity(pids.count)
    var hasNews = false
    for pid in pids {
      while let first = old.first, first.row.pid < pid { old.removeFirst() }
      if let known = old.first, known.row.pid == pid {
        old.removeFirst()
        if let entry = updated(known) {
          hasNews =
            hasNews || entry.row.parent != known.row.parent
            || (entry.row.addressSpaceOwner != nil && entry.row.reserved != known.row.reserved)
          new.append(entry)
          continue
        }
      }
      guard let entry = opened(pid, openFiles: new.count) else { continue }
      hasNews = true
      new.append(entry)
    }
    entries = new
    return hasNews
  }

  /// A process that was not there at the look before.
  private mutating func opened(_ pid: ProcessIdentifier, openFiles: Int) -> LiveEntry? {
    guard var row = files.row(of: pid) else { return nil }
    generations += 1
    row.generation = generations
    var entry = LiveEntry(row: row)
    if openFiles < fileLimit, row.addressSpace == .present {
      do throws(KernelFailure) {
        let file = try files.reader.open("statm", of: pid)
        try files.reader.read(file)
        entry.take(statm: files.reader.bytes)
        entry.file = OpenFile(file)
      } catch {
        // It is read in full each time, then.
      }
    }
    return entry
  }

  /// The same process now, or nil where it has ended.
  private mutating func updated(_ entry: LiveEntry) -> LiveEntry? {
    var entry = entry
    let isDue = (looks &+ Int(entry.row.pid.rawValue)) % period == 0
    var hasChanged = true
    if let file = entry.file {
      do throws(KernelFailure) {
        try files.reader.read(file.descriptor)
      } catch {
        return nil
      }
      if files.reader.bytes.isEmpty && files.isRunningKernel { return nil }
      hasChanged = entry.take(statm: files.reader.bytes)
    } else if entry.row.addressSpace == .absent {
      // A kernel thread does not come to have memory; one that has ended is soon gone.
      hasChanged = false
    }
    guard hasChanged || isDue else { return entry }
    guard var row = files.row(of: entry.row.pid) else { return nil }
    row.generation = entry.row.generation
    row.addressSpaceOwner = entry.row.addressSpaceOwner
    // A process that has become a zombie has no memory any more.
    if row.addressSpace != .present { entry.file = nil }
    entry.row = row
    return entry
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

/// A file that stays open while any copy of its entry lives.
private final class OpenFile {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }
}

/// What is known of one process from look to look.
private struct LiveEntry {
  var row: ProcessStatistics
  var file: OpenFile?
  /// Size, resident, shared: the first three numbers of statm.
  private var figures: (Int, Int, Int) = (-1, -1, -1)

  init(row: ProcessStatistics) {
    self.row = row
  }

  /// Notes the figures, and returns whether they are new.
  @discardableResult
  mutating func take(statm text: Span<UInt8>) -> Bool {
    var numbers = (0, 0, 0)
    var start = 0
    func next() -> Int {
      start = text.skippingBlanks(from: start, to: text.count)
      let value = text.decimal(from: start, to: text.count) ?? -1
      while start < text.count, text[start] != UInt8(ascii: " ") { start += 1 }
      return value
    }
    numbers = (next(), next(), next())
    defer { figures = numbers }
    return numbers != figures
  }
}
