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
// Where the kernel refuses to compare (kcmp needs the rights of a debugger, and some containers have no
// kcmp), a row is marked: its memory may be counted in another one, too.
//
// What goes unnoticed: a pair whose size changes between its two readings, until the next scan; and
// orphans that share in a crowd of equal programs, with others of it between all of them.

internal import Pages

/// Finds processes that share an address space.
struct AddressSpaceSharing {
  /// The most siblings that are compared each with each.
  private static let fewSiblings = 4
  /// The bits of a mark that say where its process stands; the kernel has no more than 2²² of them.
  private static let places: UInt64 = 1 << 24 - 1

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
    for index in processes.indices where processes[index].isComparisonRefused && isDue(index) {
      processes[index].isComparisonRefused = false
    }
    noteChildren(in: &processes, dueAt: isDue)
    noteSiblings(in: &processes, dueAt: isDue)
  }

  private func noteChildren(in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool) {
    for index in processes.indices {
      guard processes[index].addressSpace == .present, let parent = processes[index].parent,
        let position = processes.position(of: parent), isDue(index) || isDue(position),
        processes[position].reserved == processes[index].reserved
      else { continue }
      compare(index, position, in: &processes)
    }
  }

  /// Asks the kernel of two rows, and notes what it says; returns whether they share.
  @discardableResult
  private func compare(_ index: Int, _ other: Int, in processes: inout [ProcessStatistics]) -> Bool
  {
    switch Kernel.compareAddressSpaces(processes[index].memoryTask, processes[other].memoryTask) {
    case .same:
      join(index, other, in: &processes)
      return true
    case .different: return false
    case .refused:
      processes[index].isComparisonRefused = true
      return false
    }
  }

  private func noteSiblings(in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool) {
    var parents: [Int32] = []
    for index in processes.indices where isDue(index) {
      let parent = processes[index].parent?.rawValue ?? 0
      if parents.last != parent { parents.append(parent) }
    }
    parents.sort()
    // In order, the marks of a crowd stand beside each other, its members in the order of their pids.
    // Numbers and not a dictionary of keys: it would take longer than the kernel takes to compare.
    var marks: [UInt64] = []
    marks.reserveCapacity(processes.count)
    for index in processes.indices
    where processes[index].addressSpace == .present
      && parents.containsInOrder(processes[index].parent?.rawValue ?? 0)
    {
      marks.append(processes[index].siblingMark & ~Self.places | UInt64(index) & Self.places)
    }
    marks.sort()
    var start = 0
    var neighbours: [UInt64] = []
    while start < marks.count {
      var end = start + 1
      while end < marks.count, (marks[start] ^ marks[end]) & ~Self.places == 0 { end += 1 }
      for offset in (start..<end).dropFirst() {
        if end - start > Self.fewSiblings {
          neighbours.append(marks[offset - 1] & Self.places)
          neighbours.append(marks[offset] & Self.places)
          continue
        }
        let index = Int(marks[offset] & Self.places)
        for twin in start..<offset {
          let other = Int(marks[twin] & Self.places)
          guard isWorthAsking(index, other, in: processes, dueAt: isDue) else { continue }
          if compare(index, other, in: &processes) { break }
        }
      }
      start = end
    }
    noteNeighbours(neighbours, in: &processes, dueAt: isDue)
  }

  /// Asks of many pairs at once: two places of `neighbours` are one pair.
  private func noteNeighbours(
    _ neighbours: [UInt64], in processes: inout [ProcessStatistics], dueAt isDue: (Int) -> Bool
  ) {
    var pairs: [UInt64] = []
    var pids: [Int32] = []
    for position in stride(from: 0, to: neighbours.count, by: 2) {
      let other = Int(neighbours[position])
      let index = Int(neighbours[position + 1])
      guard isWorthAsking(index, other, in: processes, dueAt: isDue) else { continue }
      pairs.append(neighbours[position])
      pairs.append(neighbours[position + 1])
      pids.append(processes[other].memoryTask.rawValue)
      pids.append(processes[index].memoryTask.rawValue)
    }
    let answers = AddressSpaceComparison.answers(of: pids)
    for pair in answers.sharing {
      join(Int(pairs[2 * pair + 1]), Int(pairs[2 * pair]), in: &processes)
    }
    for pair in answers.refused {
      processes[Int(pairs[2 * pair + 1])].isComparisonRefused = true
    }
  }

  private func isWorthAsking(
    _ index: Int, _ other: Int, in processes: [ProcessStatistics], dueAt isDue: (Int) -> Bool
  ) -> Bool {
    (isDue(index) || isDue(other)) && !isJoined(index, other, in: processes)
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

extension ProcessStatistics {
  /// The same for two processes that have in common what those have that share an address space; that
  /// two others have the same one is as good as impossible, and costs a comparison by the kernel.
  fileprivate var siblingMark: UInt64 {
    var mark = UInt64(truncatingIfNeeded: parent?.rawValue ?? 0)
    func mix(_ count: ByteCount?) {
      // Multiplication carries upwards only; the shift brings the upper half down.
      mark = (mark ^ UInt64(truncatingIfNeeded: count?.rawValue ?? -1)) &* 0x9E37_79B9_7F4A_7C15
      mark ^= mark >> 32
    }
    mix(reserved)
    mix(anonymous)
    mix(file)
    mix(shared)
    mix(swap)
    mix(pageTables)
    return mark
  }
}

extension [Int32] {
  /// Whether a number is in a list in rising order.
  ///
  /// - Complexity: O(log *n*).
  fileprivate func containsInOrder(_ number: Int32) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == number
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
