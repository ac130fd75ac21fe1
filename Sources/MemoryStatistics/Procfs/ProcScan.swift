// SPDX-License-Identifier: MIT

// Reading all of /proc once. Most of the time goes into the kernel's writing of two files a process,
// which it does for several readers side by side; so a long list of processes is cut into pieces of
// consecutive pids, and each piece has a thread with files and a buffer of its own. Put together in
// order, the rows are those that one thread would have read. A thread takes some 50 µs to start, the
// time of three processes: a short list is not cut.

/// One reading of many processes.
enum ProcScan {
  /// The fewest processes that are worth a thread, and the most threads: beyond them the kernel's own
  /// locks would be what is waited for.
  private static let fewest = 128
  private static let mostThreads = 4

  /// The rows of those processes that are still there, in the order of `pids`.
  ///
  /// - Parameter files: what one thread reads with.
  /// - Complexity: O(*n*), divided by the number of threads.
  static func rows(
    of pids: [ProcessIdentifier], from files: inout ProcFiles
  ) -> [ProcessStatistics] {
    let threads = min(pids.count / fewest, Kernel.processors, mostThreads)
    guard threads > 1 else { return read(pids[...], from: &files) }
    let size = (pids.count + threads - 1) / threads
    let root = files.root
    let pieces = stride(from: 0, to: pids.count, by: size).map { start in
      ScanPiece(
        root: root, pids: pids[start..<min(start + size, pids.count)],
        capacity: start == 0 ? pids.count : 0)
    }
    Kernel.runTogether(pieces.map { piece in { piece.read() } })
    // The first piece has room for all.
    var rows = pieces[0].takeRows() ?? read(pieces[0].pids, from: &files)
    for piece in pieces.dropFirst() {
      // Where the folder could not be opened once more, this thread reads.
      rows += piece.takeRows() ?? read(piece.pids, from: &files)
    }
    return rows
  }

  fileprivate static func read(
    _ pids: ArraySlice<ProcessIdentifier>, from files: inout ProcFiles, capacity: Int = 0
  ) -> [ProcessStatistics] {
    var rows: [ProcessStatistics] = []
    rows.reserveCapacity(max(pids.count, capacity))
    for pid in pids {
      if let row = files.row(of: pid) { rows.append(row) }
    }
    return rows
  }
}

/// What one thread reads. It writes the rows; whoever waits for its end reads them after it.
private final class ScanPiece: @unchecked Sendable {
  let root: String
  let pids: ArraySlice<ProcessIdentifier>
  private let capacity: Int
  private var rows: [ProcessStatistics]?

  init(root: String, pids: ArraySlice<ProcessIdentifier>, capacity: Int) {
    self.root = root
    self.pids = pids
    self.capacity = capacity
  }

  /// The rows, which are the caller's alone then; nil where none could be read.
  func takeRows() -> [ProcessStatistics]? {
    defer { rows = nil }
    return rows
  }

  func read() {
    do throws(StatisticsError) {
      var files = try ProcFiles(root: root)
      rows = ProcScan.read(pids, from: &files, capacity: capacity)
    } catch {
      rows = nil
    }
  }
}
