// SPDX-License-Identifier: MIT

// Which processes share one address space. /proc does not tell; kcmp(2) compares two processes, for
// about 1 µs, so it is asked only where the answer may be yes:
//
//   - A process and its parent with the same reserved size. Address spaces are shared by clone with
//     CLONE_VM (vfork until exec among them), and its child stays beside its parent.
//   - Children of one parent whose figures are all the same: their creator may have ended, and they
//     have become children of init or of a subreaper. Up to four such are compared each with each; in
//     a larger crowd each with the next one, in the order of pids, as those that share were made one
//     after the other.
//
// What goes unnoticed: a pair whose size changes between its two readings, until the next scan; and
// orphans that share in a crowd of equal programs, with others of it between all of them.

internal import Pages

/// Finds processes that share an address space.
struct AddressSpaceSharing {
  /// The most siblings that are compared each with each.
  private static let fewSiblings = 4

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
    for index in processes.indices { processes[index].addressSpaceOwner = nil }
    note(in: &processes, dueAt: { _ in true })
  }

  /// The same where all is known but for some rows, which have no owner: only they are compared, with
  /// each other and with the rest.
  ///
  /// - Complexity: O(*n*), and some comparisons of the rows that are due.
  func note(in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool) {
    guard isAvailable else { return }
    noteChildren(in: &processes, dueAt: isDue)
    noteSiblings(in: &processes, dueAt: isDue)
  }

  private func noteChildren(in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool) {
    for index in processes.indices {
      guard processes[index].addressSpace == .present, let parent = processes[index].parent,
        let position = processes.position(of: parent), isDue(index) || isDue(position),
        processes[position].reserved == processes[index].reserved,
        Kernel.shareAddressSpace(processes[index].pid, parent) == true
      else { continue }
      join(index, position, in: &processes)
    }
  }

  private func noteSiblings(in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool) {
    let parents = Set(processes.indices.filter(isDue).map { processes[$0].parent })
    var crowds: [SiblingKey: [Int]] = [:]
    for index in processes.indices
    where processes[index].addressSpace == .present && parents.contains(processes[index].parent) {
      crowds[SiblingKey(processes[index]), default: []].append(index)
    }
    for crowd in crowds.values where crowd.count > 1 {
      for (offset, index) in crowd.enumerated().dropFirst() {
        let others =
          crowd.count > Self.fewSiblings ? crowd[(offset - 1)..<offset] : crowd[..<offset]
        let twin = others.first { other in
          (isDue(index) || isDue(other)) && !isJoined(index, other, in: processes)
            && Kernel.shareAddressSpace(processes[index].pid, processes[other].pid) == true
        }
        if let twin { join(index, twin, in: &processes) }
      }
    }
  }

  private func isJoined(_ first: Int, _ second: Int, in processes: [ProcessStatistics]) -> Bool {
    guard let owner = processes[first].addressSpaceOwner else { return false }
    return owner == processes[second].addressSpaceOwner
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
  let reserved, anonymous, file, shared, swap, pageTables: ByteCount?

  init(_ process: ProcessStatistics) {
    parent = process.parent
    reserved = process.reserved
    anonymous = process.anonymous
    file = process.file
    shared = process.shared
    swap = process.swap
    pageTables = process.pageTables
  }
}

extension [ProcessStatistics] {
  /// Where a process stands in a list in the order of pids.
  ///
  /// - Complexity: O(log *n*).
  func position(of pid: ProcessIdentifier) -> Int? {
    let place = place(of: pid)
    return place < count && self[place].pid == pid ? place : nil
  }

  /// Where a process stands in a list in the order of pids, or would have to.
  ///
  /// - Complexity: O(log *n*).
  func place(of pid: ProcessIdentifier) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].pid < pid { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
