// SPDX-License-Identifier: MIT

// Each process's stack in the kernel: two frames, 8 KiB, and no more.
//
//     low                                                       high
//     │ thread_info │ end mark │ … free … ◀── grows down │ used │
//      24 bytes       8 bytes
//
// Nobody checks that it ends. What goes beyond the free part first overwrites the end mark and the
// thread_info, then whatever lies in the frame below, for that is just the next address of the direct
// map. Two things find it:
//
// - the *end mark*, a word that is compared now and then (STACK_END_MAGIC): after the damage, and before
//   more is done with it;
// - a *guard*: a stack from vmalloc has a page below it where nothing is, and the first byte that goes
//   too far is stopped by the hardware (VMAP_STACK).
//
// Source: include/linux/sched/task_stack.h, kernel/fork.c (alloc_thread_stack_node), Linux 2.6 and 6.12.

public import Pages

/// Where a kernel stack lies.
struct KernelStack: Sendable {
  /// Its first byte; the thread_info is there.
  var start: KernelAddress
  /// It has a guard: it comes from vmalloc.
  var isGuarded: Bool
  /// Bytes pushed.
  var used = 0

  static let size = 8192
  static let infoSize = 24
  static let endMark: UInt64 = 0x57AC_6E9D
}

/// What the kernel keeps at the end of a process's stack.
public struct ThreadInfo: Sendable, Hashable {
  /// Whose it is.
  public var process: UInt64
  /// What it has to do before it returns to user space, as bits.
  public var flags: UInt32
  /// The processor that it runs on.
  public var processor: UInt32
  /// 0: it may be preempted.
  public var preemptCount: UInt64
}

/// What a push did.
public struct KernelStackUse: Sendable, Hashable {
  /// Bytes that are left above the end mark; below 0 where more was used than there is.
  public var left: Int
  /// Whether the thread_info was overwritten.
  public var hitThreadInfo: Bool
  /// Frames below the stack that were written to: somebody else's.
  public var overwritten: [PageFrameNumber]
}

extension Machine {
  /// Whether the stacks of processes that begin from now on have guards.
  public var guardsKernelStacks: Bool {
    get { processes.guardsStacks }
    set { processes.guardsStacks = newValue }
  }

  mutating func makeKernelStack() throws(MachineError) -> KernelStack {
    if processes.guardsStacks {
      let start = try vmalloc(ByteCount(KernelStack.size), caller: "kernel_stack")
      return KernelStack(start: start, isGuarded: true)
    }
    let frame = try allocatePages(order: 1, flags: .kernel)
    frames[frame].flags.formUnion(.table)
    return KernelStack(start: directAddress(of: frame), isGuarded: false)
  }

  /// The first frame of a stack, which stands for both.
  private func stackFrame(_ stack: KernelStack) -> PageFrameNumber? {
    stack.isGuarded ? vmallocFrame(at: stack.start) : frame(at: stack.start)
  }

  /// Writes the thread_info of a new process.
  mutating func adoptKernelStack(_ number: ProcessNumber) throws(MachineError) {
    let stack = processes.records[number.rawValue]!.stack
    if let frame = stackFrame(stack) {
      pages.add(2, to: .kernelStack, of: frame)
      if !stack.isGuarded {
        frames[frame].owner = FrameOwner(.kernelStack, number: UInt64(number.rawValue))
      }
    }
    var bytes = littleEndian(UInt64(number.rawValue))
    bytes += littleEndian(UInt64(processorIndex) << 32)
    bytes += littleEndian(0)
    bytes += littleEndian(KernelStack.endMark)
    try write(bytes, at: stack.start)
  }

  mutating func freeKernelStack(_ stack: KernelStack) {
    guard let frame = stackFrame(stack) else { return }
    pages.add(-2, to: .kernelStack, of: frame)
    if stack.isGuarded {
      try? vfree(stack.start)
    } else {
      frames[frame].flags.remove(.table)
      frames[frame].owner = .nobody
      try? freePages(frame, order: 1)
    }
  }

  private func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func word(at address: KernelAddress) throws(MachineError) -> UInt64 {
    let bytes = try read(8, at: address)
    return (0..<8).reduce(0) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
  }

  /// Uses `size` bytes more of a process's kernel stack, as a call with so many local variables does,
  /// and fills them with `byte`. Whether there is room is not asked.
  ///
  /// - Returns: what was hit.
  /// - Throws: ``ProcessError/stackOverflow(_:_:)`` where the stack has a guard: what lies above it was
  ///   written.
  public mutating func pushKernelStack(
    _ size: ByteCount, filledWith byte: UInt8 = 0xCC, in number: ProcessNumber
  ) throws(MachineError) -> KernelStackUse {
    let stack = try process(number).stack
    guard size > 0, size <= .mebibytes(1) else { throw .process(.invalidSize(size)) }
    var address = stack.start + ByteCount(KernelStack.size - stack.used)
    var left = size.rawValue
    var overwritten: [PageFrameNumber] = []
    // Downwards, a page at a time, as a stack grows.
    while left > 0 {
      let inPage = Int((address.rawValue &- 1) & 4095) + 1
      let length = min(left, inPage)
      address = KernelAddress(rawValue: address.rawValue &- UInt64(length))
      guard place(of: address) != nil else {
        throw .process(
          .stackOverflow(number, KernelAddress(rawValue: address.rawValue + UInt64(length) - 1)))
      }
      try write(Array(repeating: byte, count: length), at: address)
      left -= length
      if address < stack.start, let frame = frame(at: address) { overwritten.append(frame) }
    }
    let used = stack.used + size.rawValue
    processes.records[number.rawValue]!.stack.used = used
    let room = KernelStack.size - KernelStack.infoSize - 8 - used
    return KernelStackUse(left: room, hitThreadInfo: room < -8, overwritten: overwritten)
  }

  /// Returns from every call on a process's kernel stack; what was overwritten stays so.
  public mutating func popKernelStack(in number: ProcessNumber) throws(MachineError) {
    _ = try process(number)
    processes.records[number.rawValue]!.stack.used = 0
  }

  /// Looks at the end mark, as the scheduler does.
  ///
  /// - Throws: ``ProcessError/stackEndCorrupted(_:)``.
  public func checkKernelStack(of number: ProcessNumber) throws(MachineError) {
    let stack = try process(number).stack
    let mark = try word(at: stack.start + ByteCount(KernelStack.infoSize))
    guard mark == KernelStack.endMark else { throw .process(.stackEndCorrupted(number)) }
  }

  /// What is now where a process's thread_info was written.
  public func threadInfo(of number: ProcessNumber) throws(MachineError) -> ThreadInfo {
    let start = try process(number).stack.start
    let second = try word(at: start + 8)
    return ThreadInfo(
      process: try word(at: start), flags: UInt32(truncatingIfNeeded: second),
      processor: UInt32(truncatingIfNeeded: second >> 32), preemptCount: try word(at: start + 16))
  }

  /// Where a process's kernel stack begins.
  public func kernelStack(of number: ProcessNumber) throws(MachineError) -> KernelAddress {
    try process(number).stack.start
  }
}
