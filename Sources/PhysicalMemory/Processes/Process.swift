// SPDX-License-Identifier: MIT

// Terms: an *area* is a stretch of a process's addresses that was promised to it; what it reads there is
// zero until it writes. A page of it is in one of these states:
//
//     untouched ──read──▶ zero page ──write──▶ own frame ⇄ swap slot
//         └───────────────write────────────────▲   │ fork
//                                              │   ▼
//                                  write: copy └─ shared frame
//
// The *zero page* is one frame for all. A frame that several processes map is written to by none of
// them: who wants to gets a copy, and the last one the frame itself.
//
// A process and all that were forked from it are a *family*. A frame of theirs has the family as its
// owner and the page's number as its index: so that reclaim finds who maps it.
//
// Invariants: areas are in order, apart, and not empty; RSS is the number of entries that point to
// frames other than the zero page; a frame's map count is the number of entries that point to it; a
// slot's users are the entries that name it; promised pages are Σ areas of all processes.
//
// Source: mm/memory.c, mm/mmap.c and kernel/fork.c, Linux 6.12; Gorman, chapter 4.

public import Pages

/// The number of a process (pid).
public struct ProcessNumber: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  public static func < (left: ProcessNumber, right: ProcessNumber) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ProcessNumber: CustomStringConvertible {
  public var description: String { "\(rawValue)" }
}

/// An address of a process's.
public struct UserAddress: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: UserAddress, right: UserAddress) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The address some bytes further; it wraps around.
  public static func + (base: UserAddress, offset: ByteCount) -> UserAddress {
    UserAddress(rawValue: base.rawValue &+ UInt64(bitPattern: Int64(offset.rawValue)))
  }
}

extension UserAddress: CustomStringConvertible {
  public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// A process as it is now. Counts are in pages.
public struct Process: Sendable {
  /// Its number (pid).
  public let number: ProcessNumber
  /// Its name.
  public internal(set) var name: String
  /// Who forked it; nil where it was spawned.
  public internal(set) var parent: ProcessNumber?
  /// Its areas, as page numbers.
  public internal(set) var areas: [Range<UInt64>] = []
  /// Pages of its areas (VmSize), and the most there were (VmPeak).
  public internal(set) var reserved = 0
  /// The most pages that its areas had at once (VmPeak).
  public internal(set) var peakReserved = 0
  /// Pages in frames (VmRSS), and the most there were (VmHWM).
  public internal(set) var resident = 0
  /// The most pages that it had in frames at once (VmHWM).
  public internal(set) var peakResident = 0
  /// Pages in swap (VmSwap).
  public internal(set) var swapped = 0
  /// Page tables below the first (VmPTE).
  public internal(set) var pageTables = 0
  /// Page faults without and with reading from swap.
  public internal(set) var minorFaults = 0
  /// Page faults with reading from swap.
  public internal(set) var majorFaults = 0
  /// How much rather it is ended than others: −1000 (never) to 1000.
  public internal(set) var scoreAdjustment = 0

  let family: UInt64
  let root: PageFrameNumber
  var stack: KernelStack
}

/// Every process.
struct ProcessTable: ~Copyable {
  /// pid_max of 64-bit machines.
  static let limit = 1 << 22

  var records: [Process?] = [nil]
  var count = 0
  var nextNumber = 1
  /// The processes of each family.
  var families: [UInt64: Set<Int>] = [:]
  var nextFamily: UInt64 = 1
  /// The one frame that everybody reads zero from; there while there are processes.
  var zeroFrame: PageFrameNumber?
  var zeroMappings = 0
  /// Who was ended for lack of memory, first to last.
  var kills: [OutOfMemoryKill] = []
  var overcommit = OvercommitPolicy()
  var guardsStacks = false
}

extension Machine {
  /// A process as it is now.
  public func process(_ number: ProcessNumber) throws(MachineError) -> Process {
    guard isAlive(number), let process = processes.records[number.rawValue] else {
      throw gone(number)
    }
    return process
  }

  /// Every process, by number.
  public var allProcesses: [Process] { processes.records.compactMap { $0 } }

  @inline(__always)
  func isAlive(_ number: ProcessNumber) -> Bool {
    processes.records.indices.contains(number.rawValue)
      && processes.records[number.rawValue] != nil
  }

  func gone(_ number: ProcessNumber) -> MachineError {
    processes.kills.contains { $0.process == number }
      ? .process(.killed(number)) : .process(.noSuchProcess(number))
  }

  // MARK: Beginning and ending

  /// Begins a process without any memory.
  ///
  /// - Throws: ``ProcessError``; as ``allocatePages(order:flags:node:)``: it needs a kernel stack of two
  ///   frames, and a frame for page tables.
  public mutating func spawn(
    _ name: String, scoreAdjustment: Int = 0
  ) throws(MachineError) -> ProcessNumber {
    guard !name.isEmpty, !name.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
      throw .process(.invalidName(name))
    }
    guard scoreAdjustment >= -1000, scoreAdjustment <= 1000 else {
      throw .process(.invalidAdjustment(scoreAdjustment))
    }
    let family = processes.nextFamily
    processes.nextFamily += 1
    let number = try begin(name, parent: nil, family: family)
    processes.records[number.rawValue]!.scoreAdjustment = scoreAdjustment
    return number
  }

  private mutating func begin(
    _ name: String, parent: ProcessNumber?, family: UInt64
  ) throws(MachineError) -> ProcessNumber {
    guard processes.count < ProcessTable.limit - 1 else {
      throw .process(.tooManyProcesses(limit: ProcessTable.limit - 1))
    }
    let root = try allocatePages(flags: [.kernel, .zero])
    let stack: KernelStack
    do throws(MachineError) {
      stack = try makeKernelStack()
    } catch {
      try freePages(root)
      throw error
    }
    // Numbers are used once each until they have run out.
    while processes.nextNumber < processes.records.count,
      processes.records[processes.nextNumber] != nil
    {
      processes.nextNumber += 1
    }
    if processes.nextNumber >= ProcessTable.limit {
      processes.nextNumber = processes.records.dropFirst().firstIndex { $0 == nil } ?? 1
    }
    let number = ProcessNumber(rawValue: processes.nextNumber)
    processes.nextNumber += 1
    if number.rawValue == processes.records.count { processes.records.append(nil) }
    processes.kills.removeAll { $0.process == number }
    frames[root].flags.formUnion(.table)
    frames[root].owner = FrameOwner(.pageTable, number: UInt64(number.rawValue))
    processes.records[number.rawValue] = Process(
      number: number, name: name, parent: parent, family: family, root: root, stack: stack)
    processes.count += 1
    processes.families[family, default: []].insert(number.rawValue)
    try adoptKernelStack(number)
    return number
  }

  /// Begins a copy of a process: it has the same memory, which is copied only when one of the two writes
  /// to it.
  ///
  /// - Throws: ``ProcessError``; as ``allocatePages(order:flags:node:)``. Then there is no copy.
  /// - Complexity: O(pages that the process has touched).
  public mutating func fork(_ number: ProcessNumber) throws(MachineError) -> ProcessNumber {
    let parent = try process(number)
    try checkCommit(parent.reserved, for: parent)
    let child = try begin(parent.name, parent: number, family: parent.family)
    // While memory for it was sought, the parent may have been ended.
    guard isAlive(number) else {
      end(child)
      throw gone(number)
    }
    processes.records[child.rawValue]!.scoreAdjustment = parent.scoreAdjustment
    processes.records[child.rawValue]!.areas = parent.areas
    processes.records[child.rawValue]!.reserved = parent.reserved
    processes.records[child.rawValue]!.peakReserved = parent.reserved
    committedFrames += parent.reserved
    do throws(MachineError) {
      for page in mappedPages(number) { try share(page, from: number, with: child) }
    } catch {
      if isAlive(child) { end(child) }
      throw error
    }
    return child
  }

  /// Ends a process and frees all that only it had.
  public mutating func exit(_ number: ProcessNumber) throws(MachineError) {
    _ = try process(number)
    end(number)
  }

  /// - Precondition: the process is there.
  mutating func end(_ number: ProcessNumber) {
    let process = processes.records[number.rawValue]!
    unmapPages(number, 0..<(1 << 36))
    frames[process.root].flags.remove(.table)
    frames[process.root].owner = .nobody
    try? freePages(process.root)
    freeKernelStack(process.stack)
    committedFrames -= process.reserved
    processes.families[process.family]!.remove(number.rawValue)
    if processes.families[process.family]!.isEmpty { processes.families[process.family] = nil }
    processes.records[number.rawValue] = nil
    processes.count -= 1
    if processes.count == 0, let zero = processes.zeroFrame {
      processes.zeroFrame = nil
      frames[zero].flags.remove(.table)
      try? freePages(zero)
    }
  }
}
