// SPDX-License-Identifier: MIT

// The owner of all processes: what each was promised, its page tables, and its kernel stack.
//
// It borrows the ``PageAllocator`` and ``SwapAndCache`` for the time of a call, and gives frames and slots
// back to them. It never asks for frames: a step that lacks one says so, and ``Machine`` allocates it, for
// which memory may have to be reclaimed, even from the process that asks (Machine/Machine+Processes.swift,
// Machine/Machine+Faults.swift).
//
// Invariants: see ``Process``'s file, and checkInvariants(_:_:).

/// Every process.
struct AddressSpaces: ~Copyable {
  /// pid_max of 64-bit machines.
  static let limit = 1 << 22

  var records: [Process?] = [nil]
  private(set) var count = 0
  private var nextNumber = 1
  /// The processes of each family.
  private(set) var families: [UInt64: Set<Int>] = [:]
  private var nextFamily: UInt64 = 1
  /// The one frame that everybody reads zero from; there while there are processes.
  private(set) var zeroFrame: PageFrameNumber?
  var zeroMappings = 0
  /// The processes ended for lack of memory, oldest first.
  var kills: [OutOfMemoryKill] = []
  var overcommit = OvercommitPolicy()
  /// Frames that were promised to processes (Committed_AS).
  var committedFrames = 0
  /// Whether the stacks of processes that begin from now on have guards.
  var guardsStacks = false
  /// Pages that areas may lie in: the first is the 16th.
  let userPages: Range<UInt64>
  /// Tables between the root and a frame, and the root.
  let pageTableLevels: Int
  private let stays = StaysInPlace()

  init(_ architecture: Architecture) {
    switch architecture {
    case .i386:
      userPages = 16..<(0xB7FF_F000 >> 12)
      pageTableLevels = 3
    case .x86_64:
      userPages = 16..<(0x7FFF_F7FF_F000 >> 12)
      pageTableLevels = 4
    }
  }

  /// A process as it is now.
  func process(_ number: ProcessNumber) throws(MachineError) -> Process {
    guard isAlive(number), let process = records[number.rawValue] else { throw gone(number) }
    return process
  }

  @inline(__always)
  func isAlive(_ number: ProcessNumber) -> Bool {
    records.indices.contains(number.rawValue) && records[number.rawValue] != nil
  }

  /// Why there is no such process.
  func gone(_ number: ProcessNumber) -> MachineError {
    kills.contains { $0.process == number }
      ? .process(.killed(number)) : .process(.noSuchProcess(number))
  }

  /// The family of a process that is there.
  func family(of number: ProcessNumber) -> UInt64 { records[number.rawValue]!.family }

  // MARK: Beginning and ending

  /// The number of a new family.
  mutating func newFamily() -> UInt64 {
    defer { nextFamily += 1 }
    return nextFamily
  }

  /// Throws where the machine has as many processes as it can.
  func checkRoom() throws(MachineError) {
    guard count < Self.limit - 1 else {
      throw .process(.tooManyProcesses(limit: Self.limit - 1))
    }
  }

  /// Begins a process without any memory but its root of page tables and its kernel stack.
  ///
  /// - Precondition: there is room, see ``checkRoom()``.
  mutating func begin(
    _ name: String, parent: ProcessNumber?, family: UInt64, root: PageFrameNumber,
    stack: KernelStack, _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
  ) throws(MachineError) -> ProcessNumber {
    // Numbers are used once each until they have run out.
    while nextNumber < records.count, records[nextNumber] != nil { nextNumber += 1 }
    if nextNumber >= Self.limit {
      nextNumber = records.dropFirst().firstIndex { $0 == nil } ?? 1
    }
    let number = ProcessNumber(rawValue: nextNumber)
    nextNumber += 1
    if number.rawValue == records.count { records.append(nil) }
    kills.removeAll { $0.process == number }
    pages.frames[root].flags.formUnion(.table)
    pages.frames[root].owner = FrameOwner(.pageTable, number: UInt64(number.rawValue))
    records[number.rawValue] = Process(
      number: number, name: name, parent: parent, family: family, root: root, stack: stack)
    count += 1
    families[family, default: []].insert(number.rawValue)
    try adopt(stack, of: number, pages, areas)
    return number
  }

  /// Has a new process have the areas of its parent.
  mutating func inherit(from parent: Process, _ child: ProcessNumber) {
    records[child.rawValue]!.scoreAdjustment = parent.scoreAdjustment
    records[child.rawValue]!.areas = parent.areas
    records[child.rawValue]!.reserved = parent.reserved
    records[child.rawValue]!.peakReserved = parent.reserved
    committedFrames += parent.reserved
  }

  /// Ends a process and frees all that only it had.
  ///
  /// - Precondition: the process is there.
  mutating func end(
    _ number: ProcessNumber, _ pages: inout PageAllocator, _ store: inout SwapAndCache,
    _ areas: inout VirtualAreas
  ) {
    let process = records[number.rawValue]!
    unmapPages(number, 0..<(1 << 36), &pages, &store)
    pages.frames[process.root].flags.remove(.table)
    pages.frames[process.root].owner = .nobody
    try? pages.free(process.root, order: 0, flags: [])
    free(process.stack, &pages, &areas)
    committedFrames -= process.reserved
    families[process.family]!.remove(number.rawValue)
    if families[process.family]!.isEmpty { families[process.family] = nil }
    records[number.rawValue] = nil
    count -= 1
    assert(committedFrames >= 0, "less than nothing is promised")
    if count == 0, let zero = zeroFrame {
      zeroFrame = nil
      pages.frames[zero].flags.remove(.table)
      try? pages.free(zero, order: 0, flags: [])
    }
  }

  /// Has a zeroed frame be the one that everybody reads zero from, unless there is one, or nobody to read.
  mutating func adoptZeroFrame(
    _ frame: PageFrameNumber, _ pages: inout PageAllocator
  ) throws(MachineError) {
    guard count > 0, zeroFrame == nil else { return try pages.free(frame, order: 0, flags: []) }
    pages.frames[frame].flags.formUnion(.table)
    zeroFrame = frame
  }
}
