// SPDX-License-Identifier: MIT

/// Processes under their parents.
public enum ProcessTree {
  /// The rows from each root downwards, each with the branches that stand before its name.
  ///
  /// A process whose parent is not among the rows is a root. Siblings stay in the order of the rows.
  ///
  /// - Complexity: O(*n*).
  public static func arranged(
    _ processes: [ProcessStatistics]
  ) -> [(process: ProcessStatistics, branches: String)] {
    var positions: [ProcessIdentifier: Int] = [:]
    for (index, process) in processes.enumerated() { positions[process.pid] = index }
    var children: [ProcessIdentifier: [Int]] = [:]
    var roots: [Int] = []
    for (index, process) in processes.enumerated() {
      if let parent = process.parent, parent != process.pid, positions[parent] != nil {
        children[parent, default: []].append(index)
      } else {
        roots.append(index)
      }
    }
    var result: [(process: ProcessStatistics, branches: String)] = []
    var isPlaced = Array(repeating: false, count: processes.count)
    // A stack of its own, for a chain of processes may be longer than the program's stack allows.
    func place(_ root: Int) {
      var stack = [(index: root, lead: "", branch: "")]
      while let next = stack.popLast() {
        guard !isPlaced[next.index] else { continue }
        isPlaced[next.index] = true
        let process = processes[next.index]
        result.append((process, next.lead + next.branch))
        let below = children[process.pid] ?? []
        let lead = next.lead + (next.branch.isEmpty ? "" : next.branch == "├─ " ? "│  " : "   ")
        for (offset, child) in below.enumerated().reversed() {
          stack.append((child, lead, offset == below.count - 1 ? "└─ " : "├─ "))
        }
      }
    }
    for root in roots { place(root) }
    // Rows that name each other as parents, which only a made-up folder has, are roots too.
    for index in processes.indices where !isPlaced[index] { place(index) }
    return result
  }
}
