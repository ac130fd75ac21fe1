// SPDX-License-Identifier: MIT

// Processes: ``AddressSpaces`` owns them; what they begin with is allocated here.

public import Pages

extension Machine {
  /// A process as it is now.
  public func process(_ number: ProcessNumber) throws(MachineError) -> Process {
    try spaces.process(number)
  }

  /// Every process, by number.
  public var allProcesses: [Process] { spaces.records.compactMap { $0 } }

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
    try AddressSpaces.check(adjustment: scoreAdjustment)
    let number = try begin(name, parent: nil, family: spaces.newFamily())
    try spaces.setScoreAdjustment(scoreAdjustment, of: number)
    return number
  }

  private mutating func begin(
    _ name: String, parent: ProcessNumber?, family: UInt64
  ) throws(MachineError) -> ProcessNumber {
    try spaces.checkRoom()
    let root = try allocatePages(flags: [.kernel, .zero])
    let stack: KernelStack
    do throws(MachineError) {
      stack = try makeKernelStack()
    } catch {
      try freePages(root)
      throw error
    }
    return try spaces.begin(
      name, parent: parent, family: family, root: root, stack: stack, pages, areas)
  }

  private mutating func makeKernelStack() throws(MachineError) -> KernelStack {
    if spaces.guardsStacks {
      let start = try vmalloc(ByteCount(KernelStack.size), caller: "kernel_stack")
      return KernelStack(start: start, isGuarded: true)
    }
    let frame = try allocatePages(order: 1, flags: .kernel)
    frames[frame].flags.formUnion(.table)
    return KernelStack(start: directAddress(of: frame), isGuarded: false)
  }

  /// Begins a copy of a process: it has the same memory, which is copied only when one of the two writes
  /// to it.
  ///
  /// - Throws: ``ProcessError``; as ``allocatePages(order:flags:node:)``. Then there is no copy.
  /// - Complexity: O(pages that the process has touched).
  public mutating func fork(_ number: ProcessNumber) throws(MachineError) -> ProcessNumber {
    let parent = try process(number)
    try spaces.checkCommit(parent.reserved, for: parent, pages, store)
    let child = try begin(parent.name, parent: number, family: parent.family)
    // While memory for it was sought, the parent may have been ended.
    guard spaces.isAlive(number) else {
      spaces.end(child, &pages, &store, &areas)
      throw spaces.gone(number)
    }
    spaces.inherit(from: parent, child)
    do throws(MachineError) {
      try shareAll(from: number, with: child)
    } catch {
      if spaces.isAlive(child) { spaces.end(child, &pages, &store, &areas) }
      throw error
    }
    return child
  }

  /// Ends a process and frees all that only it had.
  public mutating func exit(_ number: ProcessNumber) throws(MachineError) {
    _ = try process(number)
    spaces.end(number, &pages, &store, &areas)
  }

  // MARK: Addresses

  /// How much is promised to processes.
  public var overcommit: OvercommitPolicy {
    get { spaces.overcommit }
    set { spaces.overcommit = newValue }
  }

  /// Frames that were promised to processes (Committed_AS).
  public var committedFrames: Int { spaces.committedFrames }

  /// Frames that may be promised under strict overcommit, by ``OvercommitPolicy/ratio``.
  public var commitLimit: Int { spaces.commitLimit(pages, store) }

  /// Promises a process `size` bytes that read as zero and cost nothing until they are touched.
  ///
  /// - Returns: the first address, at the beginning of a page.
  /// - Throws: ``ProcessError``.
  /// - Complexity: O(areas).
  public mutating func tamalloc(
    _ size: ByteCount, in number: ProcessNumber
  ) throws(MachineError) -> UserAddress {
    try spaces.tamalloc(size, in: number, pages, store)
  }

  /// Takes addresses away from a process, and what was there; parts that it does not have are skipped.
  ///
  /// - Throws: ``ProcessError``.
  /// - Complexity: O(areas + pages touched there).
  public mutating func munmap(
    _ address: UserAddress, _ size: ByteCount, in number: ProcessNumber
  ) throws(MachineError) {
    try spaces.munmap(address, size, in: number, &pages, &store)
  }

  // MARK: Lack of memory

  /// What /proc/PID/oom_score says: 0 to 1334 or so; the highest is ended first.
  public func outOfMemoryScore(of number: ProcessNumber) throws(MachineError) -> Int {
    try spaces.outOfMemoryScore(of: number, all: pages.managedFrames + store.swap.slots)
  }

  /// Changes a process's preference as a victim (/proc/PID/oom_score_adj).
  public mutating func setScoreAdjustment(
    _ adjustment: Int, of number: ProcessNumber
  ) throws(MachineError) {
    try spaces.setScoreAdjustment(adjustment, of: number)
  }

  /// The processes ended for lack of memory, oldest first.
  public var outOfMemoryKills: [OutOfMemoryKill] { spaces.kills }

  // MARK: Kernel stacks

  /// Whether the stacks of processes that begin from now on have guards.
  public var guardsKernelStacks: Bool {
    get { spaces.guardsStacks }
    set { spaces.guardsStacks = newValue }
  }

  /// Uses `size` bytes more of a process's kernel stack, as a call with as many bytes of local variables
  /// does, and fills them with `byte`. Whether there is room is not asked.
  ///
  /// - Returns: what was hit.
  /// - Throws: ``ProcessError/stackOverflow(_:_:)`` where the stack has a guard: what lies above it was
  ///   written.
  public mutating func pushKernelStack(
    _ size: ByteCount, filledWith byte: UInt8 = 0xCC, in number: ProcessNumber
  ) throws(MachineError) -> KernelStackUse {
    try spaces.push(size, filledWith: byte, in: number, pages, areas)
  }

  /// Returns from every call on a process's kernel stack; what was overwritten stays so.
  public mutating func popKernelStack(in number: ProcessNumber) throws(MachineError) {
    try spaces.popStack(in: number)
  }

  /// Looks at the end mark, as the scheduler does.
  ///
  /// - Throws: ``ProcessError/stackEndCorrupted(_:)``.
  public func checkKernelStack(of number: ProcessNumber) throws(MachineError) {
    try spaces.checkStack(of: number, pages, areas)
  }

  /// What is now where a process's thread_info was written.
  public func threadInfo(of number: ProcessNumber) throws(MachineError) -> ThreadInfo {
    try spaces.threadInfo(of: number, pages, areas)
  }

  /// Where a process's kernel stack begins.
  public func kernelStack(of number: ProcessNumber) throws(MachineError) -> KernelAddress {
    try process(number).stack.start
  }
}
