// SPDX-License-Identifier: MIT

/// Who would be killed first, second, third.
enum OutOfMemoryRanking {
  /// Gives each process that may be killed its rank: 1 and one more for every process that is worse.
  ///
  /// Processes of equal badness share a rank. The kernel looks for its victim among all processes, so
  /// the ranks mean something only if all are here; a limit of a cgroup kills among its own members,
  /// in the same order.
  ///
  /// - Complexity: O(*n* log *n*).
  static func assign(to processes: inout [ProcessStatistics]) {
    var candidates: [(pages: Int, index: Int)] = []
    candidates.reserveCapacity(processes.count)
    for index in processes.indices {
      processes[index].oomRank = nil
      if case .pages(let pages) = processes[index].badness {
        candidates.append((pages, index))
      }
    }
    candidates.sort { $0.pages > $1.pages }
    var rank = 0
    for (position, candidate) in candidates.enumerated() {
      if position == 0 || candidates[position - 1].pages != candidate.pages { rank = position + 1 }
      processes[candidate.index].oomRank = rank
    }
  }
}
