// SPDX-License-Identifier: MIT

// Which processes share one address space. /proc does not tell; kcmp(2) compares two processes, for
// about 1 µs, so it is asked only where the answer may be yes:
//
//   - A process and its parent with the same reserved size. Address spaces are shared by clone with
//     CLONE_VM (vfork until exec among them), and its child stays beside its parent.
//   - Children of one parent whose figures are all the same: their creator may have ended, and they
//     have become children of init or of a subreaper. Among more than four such (a crowd of equal
//     programs) they are not compared.
//
// A pair whose size changes between its two readings goes unnoticed until the next scan.

internal import Pages

/// Finds processes that share an address space.
struct AddressSpaceSharing {
  private static let mostSiblings = 4

  /// Whether the kernel compares at all; false after the first refusal by a kernel without kcmp.
  private let isAvailable: Bool

  /// - Parameter isAvailable: false for a folder that is not the running kernel's.
  init(isAvailable: Bool) {
    self.isAvailable = isAvailable
  }

  /// Notes the owner in each row that shares its address space with another.
  ///
  /// - Parameter processes: in the order of pids.
  /// - Complexity: O(*n*), and some comparisons by the kernel.
  func note(in processes: inout [ProcessStatistics]) {
    guard isAvailable else { return }
    for index in processes.indices { processes[index].addressSpaceOwner = nil }
    noteChildren(in: &processes)
    noteSiblings(in: &processes)
  }

  private func noteChildren(in processes: inout [ProcessStatistics]) {
    for index in processes.indices {
      guard processes[index].addressSpace == .present, let parent = processes[index].parent,
        let position = processes.position(of: parent),
        processes[position].reserved == processes[index].reserved,
        Kernel.shareAddressSpace(processes[index].pid, parent) == true
      else { continue }
      join(index, position, in: &processes)
    }
  }

  private func noteSiblings(in processes: inout [ProcessStatistics]) {
    var crowds: [SiblingKey: [Int]] = [:]
    for index in processes.indices
    where processes[index].addressSpace == .present && processes[index].addressSpaceOwner == nil {
      crowds[SiblingKey(processes[index]), default: []].append(index)
    }
    for crowd in crowds.values where crowd.count > 1 && crowd.count <= Self.mostSiblings {
      for (offset, index) in crowd.enumerated().dropFirst() {
        let twin = crowd[..<offset].first { other in
          Kernel.shareAddressSpace(processes[index].pid, processes[other].pid) == true
        }
        if let twin { join(index, twin, in: &processes) }
      }
    }
  }

  /// Gives two rows, and all that already share with either, one owner: the lowest pid.
  private func join(_ first: Int, _ second: Int, in processes: inout [ProcessStatistics]) {
    let old = [first, second].map { processes[$0].addressSpaceOwner ?? processes[$0].pid }
    let owner = min(old[0], old[1])
    for index in [first, second] { processes[index].addressSpaceOwner = owner }
    for index in processes.indices {
      if let known = processes[index].addressSpaceOwner, old.contains(known) {
        processes[index].addressSpaceOwner = owner
      }
    }
    if let position = processes.position(of: owner) {
      processes[position].addressSpaceOwner = owner
    }
  }
}

/// What two processes must have in common to be compared.
private struct SiblingKey: Hashable {
  let parent: ProcessIdentifier?
  let figures: [ByteCount?]

  init(_ process: ProcessStatistics) {
    parent = process.parent
    figures = [
      process.reserved, process.anonymous, process.file, process.shared, process.swap,
      process.pageTables,
    ]
  }
}

extension [ProcessStatistics] {
  /// Where a process stands in a list in the order of pids.
  ///
  /// - Complexity: O(log *n*).
  func position(of pid: ProcessIdentifier) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].pid < pid { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].pid == pid ? low : nil
  }
}
