// SPDX-License-Identifier: MIT

// Many comparisons of address spaces: a machine with a thousand equal programs needs a thousand of
// them, which take a millisecond. They are divided among threads as the reading of files is.

/// Comparisons that are made side by side.
enum AddressSpaceComparison {
  /// The fewest pairs that are worth a thread.
  private static let fewest = 200

  /// What was answered, as pairs in rising order.
  struct Answers: Equatable {
    var sharing: [Int] = []
    var refused: [Int] = []
  }

  /// Which pairs share an address space, and of which the kernel does not tell.
  ///
  /// - Parameter pids: two for each pair.
  static func answers(of pids: [Int32]) -> Answers {
    let pairs = pids.count / 2
    let threads = max(min(pairs / fewest, ProcScan.threads), 1)
    let size = max((pairs + threads - 1) / threads, 1)
    let pieces = stride(from: 0, to: pairs, by: size).map { start in
      Piece(pids: pids, pairs: start..<min(start + size, pairs))
    }
    Kernel.runTogether(pieces.dropFirst().map { piece in { piece.compare() } }) {
      pieces.first?.compare()
    }
    var answers = Answers()
    for piece in pieces {
      answers.sharing += piece.answers.sharing
      answers.refused += piece.answers.refused
    }
    return answers
  }

  /// What one thread compares. Whoever waits for its end reads the answers after it.
  private final class Piece: @unchecked Sendable {
    private let pids: [Int32]
    private let pairs: Range<Int>
    private(set) var answers = Answers()

    init(pids: [Int32], pairs: Range<Int>) {
      self.pids = pids
      self.pairs = pairs
    }

    func compare() {
      for pair in pairs {
        let first = ProcessIdentifier(pids[2 * pair])
        switch Kernel.compareAddressSpaces(first, ProcessIdentifier(pids[2 * pair + 1])) {
        case .same: answers.sharing.append(pair)
        case .different: break
        case .refused: answers.refused.append(pair)
        }
      }
    }
  }
}
