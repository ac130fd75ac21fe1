// SPDX-License-Identifier: MIT

// Many comparisons of address spaces: a machine with a thousand equal programs needs a thousand of
// them, which take a millisecond. They are divided among threads as the reading of files is.

/// Comparisons that are made side by side.
enum AddressSpaceComparison {
  /// The fewest pairs that are worth a thread.
  private static let fewest = 200

  /// Which pairs share an address space, in rising order.
  ///
  /// - Parameter pids: two for each pair.
  static func sharing(of pids: [Int32]) -> [Int] {
    let pairs = pids.count / 2
    let threads = max(min(pairs / fewest, ProcScan.threads), 1)
    let size = max((pairs + threads - 1) / threads, 1)
    let pieces = stride(from: 0, to: pairs, by: size).map { start in
      Piece(pids: pids, pairs: start..<min(start + size, pairs))
    }
    Kernel.runTogether(pieces.dropFirst().map { piece in { piece.compare() } }) {
      pieces.first?.compare()
    }
    var sharing: [Int] = []
    for piece in pieces { sharing += piece.sharing }
    return sharing
  }

  /// What one thread compares. Whoever waits for its end reads the answers after it.
  private final class Piece: @unchecked Sendable {
    private let pids: [Int32]
    private let pairs: Range<Int>
    private(set) var sharing: [Int] = []

    init(pids: [Int32], pairs: Range<Int>) {
      self.pids = pids
      self.pairs = pairs
    }

    func compare() {
      for pair in pairs {
        let first = ProcessIdentifier(pids[2 * pair])
        if Kernel.shareAddressSpace(first, ProcessIdentifier(pids[2 * pair + 1])) == true {
          sharing.append(pair)
        }
      }
    }
  }
}
