// SPDX-License-Identifier: MIT

// Reading all of /proc once. Most of the time goes into the kernel's writing of two files a process,
// which it does for several readers side by side; so a long list of processes is cut into pieces of
// consecutive pids, which threads with files and a buffer of their own take one after the other. In one
// list and in order, the rows are those that one thread would have read. A thread takes some 50 µs to
// start, the time of three processes: a short list is not cut. The processor time stays the same but for
// that.

/// One reading of many processes.
enum ProcScan {
  /// The fewest processes that are worth a thread, and the most threads: beyond them the kernel's own
  /// locks would be what is waited for.
  private static let fewest = 128
  private static let mostThreads = 4
  /// Small enough that the threads end together, also where one of them has to wait for a processor.
  private static let pieceSize = 32
  /// How many threads there are to read with.
  static var threads: Int { min(Kernel.processors, mostThreads) }

  /// The rows of those processes that are still there, in the order of `pids`.
  ///
  /// - Parameter files: what one thread reads with.
  /// - Complexity: O(*n*), divided by the number of threads.
  static func rows(
    of pids: [ProcessIdentifier], from files: inout ProcFiles
  ) -> [ProcessStatistics] {
    let threads = min(pids.count / fewest, Self.threads)
    guard threads > 1 else { return read(pids[...], from: &files) }
    // Each piece is written into its part of one list, with files that this thread opened: the list is
    // not put together by copies, and no thread needs a heap of its own.
    return unsafe [ProcessStatistics](unsafeUninitializedCapacity: pids.count) { buffer, count in
      guard let rows = buffer.baseAddress else { return }
      let pieces = stride(from: 0, to: pids.count, by: pieceSize).map { start in
        unsafe ScanPiece(
          pids: pids[start..<min(start + pieceSize, pids.count)], rows: rows + start)
      }
      let root = files.root
      let turn = Kernel.Counter()
      let readers = (0..<threads).map { _ in ScanReader(root: root) }
      Kernel.runTogether(readers.map { reader in { reader.read(pieces, turn: turn) } })
      for piece in pieces {
        // Where the folder could not be opened once more, this thread reads.
        piece.read(from: &files)
        // SAFETY: as many rows are there from the piece's beginning on; what was before it is filled
        // up to `count`, which is not above it.
        unsafe (rows + count).moveInitialize(from: piece.rows, count: piece.count)
        count += piece.count
      }
    }
  }

  private static func read(
    _ pids: ArraySlice<ProcessIdentifier>, from files: inout ProcFiles
  ) -> [ProcessStatistics] {
    var rows: [ProcessStatistics] = []
    rows.reserveCapacity(pids.count)
    for pid in pids {
      if let row = files.row(of: pid) { rows.append(row) }
    }
    return rows
  }
}

/// A thread with files of its own. It takes pieces as long as there are any.
private final class ScanReader: @unchecked Sendable {
  private var files: ProcFiles?

  init(root: String) {
    do throws(StatisticsError) {
      files = try ProcFiles(root: root)
    } catch {
      files = nil
    }
  }

  func read(_ pieces: [ScanPiece], turn: Kernel.Counter) {
    guard var own = files.take() else { return }
    while true {
      let place = turn.next()
      guard place < pieces.count else { return }
      pieces[place].read(from: &own)
    }
  }
}

/// Some of the processes. One thread writes the rows; whoever waits for its end reads them after it.
@safe
private final class ScanPiece: @unchecked Sendable {
  private let pids: ArraySlice<ProcessIdentifier>
  private var isRead = false
  // SAFETY: room for as many rows as there are pids, which nobody else uses until this is read.
  let rows: UnsafeMutablePointer<ProcessStatistics>
  /// How many rows there are.
  private(set) var count = 0

  init(pids: ArraySlice<ProcessIdentifier>, rows: UnsafeMutablePointer<ProcessStatistics>) {
    self.pids = pids
    unsafe self.rows = rows
  }

  /// Reads what has not been read.
  func read(from files: inout ProcFiles) {
    guard !isRead else { return }
    isRead = true
    for pid in pids {
      guard let row = files.row(of: pid) else { continue }
      // SAFETY: one row for each pid at most.
      unsafe (rows + count).initialize(to: row)
      count += 1
    }
  }
}
