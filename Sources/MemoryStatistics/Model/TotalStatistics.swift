// SPDX-License-Identifier: MIT

// Sums over processes. Each address space counts once, however many processes share it; that is
// still not each page frame once, for different address spaces map the same files and the same
// shared memory. By how much the sum overcounts is told beside it, where it is known:
//
//   overcount = sum of committed / page frames in use, each once

public import Pages

/// What processes use together.
public struct TotalStatistics: Sendable, Hashable {
  /// How many processes were counted.
  public var processes = 0
  /// How many different address spaces they have.
  public var addressSpaces = 0
  /// Address space.
  public var reserved: ByteCount = 0
  /// Memory in page frames, shared pages in each.
  public var committed: ByteCount = 0
  /// Committed, the processes' own.
  public var anonymous: ByteCount = 0
  /// Committed, of files.
  public var file: ByteCount = 0
  /// Committed, shared memory.
  public var shared: ByteCount = 0
  /// In swap.
  public var swap: ByteCount = 0
  /// Page tables.
  public var pageTables: ByteCount = 0
  /// Pages of the hugetlb pool, which are no part of committed; nil where the source does not tell.
  public var hugetlb: ByteCount? = 0
  /// The sum of PSS: where every row has it, each page frame once.
  public var proportional: ByteCount?
  /// Processes whose memory could not be read, and which the sums lack.
  public var unreadable = 0
  /// Processes whose address space may be another row's too, which the kernel refused to tell.
  public var uncompared = 0
  /// What of `committed` may be counted more than once because of that.
  public var uncomparedCommitted: ByteCount = 0

  /// Sums rows.
  ///
  /// - Complexity: O(*n*).
  public init(of processes: some Sequence<ProcessStatistics>) {
    var owners: Set<ProcessIdentifier> = []
    self.init(of: processes, countedBefore: &owners)
  }

  /// Sums rows, but for the memory of address spaces that were counted before, in other sums.
  init(
    of processes: some Sequence<ProcessStatistics>,
    countedBefore owners: inout Set<ProcessIdentifier>
  ) {
    var proportionalSum: ByteCount? = 0
    for process in processes {
      self.processes += 1
      switch process.addressSpace {
      case .absent: continue
      case .unknown:
        unreadable += 1
        continue
      case .present: break
      }
      // The first of those that share one speaks for all.
      if let owner = process.addressSpaceOwner, !owners.insert(owner).inserted { continue }
      addressSpaces += 1
      if process.isComparisonRefused {
        uncompared += 1
        uncomparedCommitted = uncomparedCommitted.addingWithoutTrap(process.committed)
      }
      if process.reserved == nil || process.committed == nil { unreadable += 1 }
      reserved = reserved.addingWithoutTrap(process.reserved)
      committed = committed.addingWithoutTrap(process.committed)
      anonymous = anonymous.addingWithoutTrap(process.anonymous)
      file = file.addingWithoutTrap(process.file)
      shared = shared.addingWithoutTrap(process.shared)
      swap = swap.addingWithoutTrap(process.swap)
      pageTables = pageTables.addingWithoutTrap(process.pageTables)
      hugetlb = process.hugetlb.flatMap { hugetlb?.addingWithoutTrap($0) }
      if let share = process.proportional {
        proportionalSum = proportionalSum?.addingWithoutTrap(share)
      } else {
        proportionalSum = nil
      }
    }
    proportional = addressSpaces > 0 ? proportionalSum : nil
  }

  /// Committed as a share of reserved.
  public var committedRatio: Double? {
    reserved > 0 ? Double(committed.rawValue) / Double(reserved.rawValue) : nil
  }

  /// How many times each committed page frame was counted on average, where that is known.
  ///
  /// PSS knows it for any set of processes; the machine's own figures for all of them only.
  public func overcount(machine: MachineMemory, isComplete: Bool) -> Double? {
    let once = proportional ?? (isComplete ? machine.committedOnce : nil)
    guard let once, once > 0 else { return nil }
    return Double(committed.rawValue) / Double(once.rawValue)
  }
}

extension ByteCount {
  /// The sum, held at the largest count: nothing that a file says may trap.
  func addingWithoutTrap(_ other: ByteCount?) -> ByteCount {
    let (sum, overflow) = rawValue.addingReportingOverflow(other?.rawValue ?? 0)
    return overflow ? ByteCount(.max) : ByteCount(sum)
  }
}
