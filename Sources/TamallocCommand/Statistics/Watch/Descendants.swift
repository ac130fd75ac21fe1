// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc
internal import MemoryStatistics

/// The processes of a command: itself and its descendants, also those whose parents have ended.
///
/// This process adopts orphans (PR_SET_CHILD_SUBREAPER), so that none of them gets away: whoever is its
/// child is the command or was begun by it.
struct Descendants {
  private let command: ProcessIdentifier
  private let own = ProcessIdentifier(getpid())
  /// Those of the last look, and what tells them from others that get their pid.
  private var known: [ProcessIdentifier: Int] = [:]

  /// Has orphans come to this process from now on: before the command starts.
  static func adoptOrphans() { _ = ctamalloc_adopt_orphans() }

  init(of command: ProcessIdentifier) {
    self.command = command
  }

  /// The rows of the command's processes.
  ///
  /// - Complexity: O(*n* × depth) for *n* processes.
  mutating func rows(of snapshot: Snapshot) -> [ProcessStatistics] {
    var members: Set<ProcessIdentifier> = []
    for row in snapshot.processes where isRoot(row, in: snapshot) { members.insert(row.pid) }
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for row in snapshot.processes {
        guard let parent = row.parent, members.contains(parent) else { continue }
        if members.insert(row.pid).inserted { isGrowing = true }
      }
    }
    let rows = snapshot.processes.filter { members.contains($0.pid) }
    known = Dictionary(uniqueKeysWithValues: rows.map { ($0.pid, $0.generation) })
    return rows
  }

  private func isRoot(_ row: ProcessStatistics, in snapshot: Snapshot) -> Bool {
    if row.pid == command || row.parent == own { return true }
    // A live source reads parents now and then only; the system calls always know them.
    return snapshot.origin == .procfs && row.generation > 0 && known[row.pid] == row.generation
  }
}
