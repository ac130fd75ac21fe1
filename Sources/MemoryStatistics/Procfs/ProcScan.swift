// SPDX-License-Identifier: MIT

// Reading all of /proc once. Most of the time goes into the kernel's writing of two files a process,
// which it does for several readers side by side. So threads, each with a buffer of its own, take one
// part of the list after the other:
//
//   ScanList ── some fifteen pids ──▶ reader ── their rows ──▶ one list, in the order of the parts
//
// The kernel lists a part when somebody asks for it, so that the listing, a fifteenth of the work, is
// divided like the rest. A thread takes some 100 µs to start, the time of six processes: a short list is
// not divided. The processor time stays the same but for that.

internal import Synchronization

/// One reading of all processes.
enum ProcScan {
  /// The fewest processes that are worth a thread, and the most threads: beyond them the kernel's own
  /// locks would be what is waited for.
  private static let fewest = 32
  private static let mostThreads = 4
  /// How many threads there are to read with.
  static var threads: Int { min(Kernel.processors, mostThreads) }

  /// The rows of those processes that are still there when it is their turn, in the order of their pids.
  ///
  /// - Parameter files: what this thread reads with.
  /// - Complexity: O(*n*), divided by the number of threads.
  static func rows(
    of folder: consuming ProcFolder, from files: inout ProcFiles
  ) throws(StatisticsError) -> [ProcessStatistics] {
    let list = ScanList(folder)
    let threads = min(list.look(upTo: Self.threads * fewest) / fewest, Self.threads)
    // Where the folder can't be opened once more, there is a reader less.
    let readers = (1..<max(threads, 1)).compactMap { _ in ScanReader(root: files.root, list: list) }
    var parts: [ScanPart] = []
    Kernel.runTogether(readers.map { reader in { reader.read() } }) {
      parts = read(list, from: &files)
    }
    if let failure = list.failure { throw failure }
    for reader in readers { parts += reader.parts }
    return joined(parts)
  }

  /// Reads as long as there are parts.
  fileprivate static func read(_ list: ScanList, from files: inout ProcFiles) -> [ScanPart] {
    var parts: [ScanPart] = []
    while let (place, pids) = list.next() {
      var part = ScanPart(place: place)
      part.rows.reserveCapacity(pids.count)
      for pid in pids {
        if let row = files.row(of: pid) { part.rows.append(row) }
      }
      parts.append(part)
    }
    return parts
  }

  private static func joined(_ parts: [ScanPart]) -> [ProcessStatistics] {
    var rows: [ProcessStatistics] = []
    rows.reserveCapacity(parts.reduce(0) { $0 + $1.rows.count })
    var isRising = true
    for part in parts.sorted(by: { $0.place < $1.place }) {
      for row in part.rows {
        if let last = rows.last { isRising = isRising && last.pid < row.pid }
        rows.append(row)
      }
    }
    if isRising { return rows }
    // Not the kernel's folder: names in any order, and perhaps two of one number.
    rows.sort { $0.pid < $1.pid }
    var known: ProcessIdentifier?
    rows.removeAll { row in
      defer { known = row.pid }
      return row.pid == known
    }
    return rows
  }
}

/// What one thread has read of the part at a place.
private struct ScanPart {
  let place: Int
  var rows: [ProcessStatistics] = []
}

/// The list of processes, of which each thread takes the next part.
private final class ScanList: Sendable {
  private struct State: ~Copyable {
    var folder: ProcFolder
    /// The parts that were looked at beforehand.
    var seen: [[ProcessIdentifier]] = []
    var isEnded = false
    var failure: StatisticsError?
    /// How many parts were taken.
    var taken = 0

    mutating func list() -> [ProcessIdentifier] {
      if isEnded { return [] }
      do throws(StatisticsError) {
        let part = try folder.nextPart()
        isEnded = part.isEmpty
        return part
      } catch {
        (isEnded, failure) = (true, error)
        return []
      }
    }
  }

  private let state: Mutex<State>

  init(_ folder: consuming ProcFolder) {
    folder.restart()
    state = Mutex(State(folder: folder))
  }

  /// Why the list broke off.
  var failure: StatisticsError? { state.withLock { $0.failure } }

  /// Looks at the list's beginning: so many processes or some more, or as many as there are.
  func look(upTo count: Int) -> Int {
    state.withLock { state in
      var found = 0
      while found < count {
        let part = state.list()
        if part.isEmpty { break }
        found += part.count
        state.seen.append(part)
      }
      return found
    }
  }

  /// The next part and its place, or nil at the end.
  func next() -> (place: Int, pids: [ProcessIdentifier])? {
    state.withLock { state in
      let place = state.taken
      let pids = place < state.seen.count ? state.seen[place] : state.list()
      if pids.isEmpty { return nil }
      state.taken += 1
      return (place, pids)
    }
  }
}

/// A thread with files of its own. Whoever waits for its end takes the parts after it.
private final class ScanReader: @unchecked Sendable {
  private var files: ProcFiles?
  private let list: ScanList
  private(set) var parts: [ScanPart] = []

  init?(root: String, list: ScanList) {
    self.list = list
    do throws(StatisticsError) {
      files = try ProcFiles(root: root)
    } catch {
      return nil
    }
  }

  func read() {
    guard var own = files.take() else { return }
    parts = ProcScan.read(list, from: &own)
  }
}
