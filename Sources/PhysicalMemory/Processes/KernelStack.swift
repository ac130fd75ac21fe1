// SPDX-License-Identifier: MIT

// Each process's stack in the kernel: two frames, 8 KiB, and no more.
//
//     low                                                       high
//     │ thread_info │ end mark │ … free … ◀── grows down │ used │
//      24 bytes       8 bytes
//
// Nothing checks its bounds. An overflow first overwrites the end mark and the thread_info, then whatever
// lies in the frame below, which is simply the next address of the direct map. Two things detect it:
//
// - the *end mark*, a word that is checked now and then (STACK_END_MAGIC): after the damage is done, but
//   before it spreads;
// - a *guard*: a stack from vmalloc has an unmapped page below it, and the hardware stops the first byte
//   that goes too far (VMAP_STACK).
//
// Source: include/linux/sched/task_stack.h, kernel/fork.c (alloc_thread_stack_node), Linux 2.6 and 6.12.

internal import Pages

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

extension AddressSpaces {
  /// The first frame of a stack, which stands for both.
  private func frame(
    of stack: KernelStack, _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
  ) -> PageFrameNumber? {
    stack.isGuarded ? areas.frame(at: stack.start) : pages.physical.frame(at: stack.start)
  }

  /// Writes the thread_info of a new process.
  func adopt(
    _ stack: KernelStack, of number: ProcessNumber, _ pages: borrowing PageAllocator,
    _ areas: borrowing VirtualAreas
  ) throws(MachineError) {
    if let frame = frame(of: stack, pages, areas) {
      pages.add(2, to: .kernelStack, of: frame)
      if !stack.isGuarded {
        pages.frames[frame].owner = FrameOwner(.kernelStack, number: UInt64(number.rawValue))
      }
    }
    var bytes = littleEndian(UInt64(number.rawValue))
    bytes += littleEndian(UInt64(pages.processorIndex) << 32)
    bytes += littleEndian(0)
    bytes += littleEndian(KernelStack.endMark)
    try areas.write(bytes, at: stack.start, pages)
  }

  /// Gives a stack's frames back.
  func free(
    _ stack: KernelStack, _ pages: inout PageAllocator, _ areas: inout VirtualAreas
  ) {
    guard let frame = frame(of: stack, pages, areas) else { return }
    pages.add(-2, to: .kernelStack, of: frame)
    if stack.isGuarded {
      try? areas.free(stack.start, &pages)
    } else {
      pages.frames[frame].flags.remove(.table)
      pages.frames[frame].owner = .nobody
      try? pages.free(frame, order: 1, flags: [])
    }
  }

  private func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func word(
    at address: KernelAddress, _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
  ) throws(MachineError) -> UInt64 {
    let bytes = try areas.read(8, at: address, pages)
    return (0..<8).reduce(0) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
  }

  /// Uses `size` bytes more of a process's kernel stack, whether or not there is room, and fills them.
  mutating func push(
    _ size: ByteCount, filledWith byte: UInt8, in number: ProcessNumber,
    _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
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
      guard areas.place(of: address, pages) != nil else {
        throw .process(
          .stackOverflow(number, KernelAddress(rawValue: address.rawValue + UInt64(length) - 1)))
      }
      try areas.write(Array(repeating: byte, count: length), at: address, pages)
      left -= length
      if address < stack.start, let frame = pages.physical.frame(at: address) {
        overwritten.append(frame)
      }
    }
    let used = stack.used + size.rawValue
    records[number.rawValue]!.stack.used = used
    let room = KernelStack.size - KernelStack.infoSize - 8 - used
    return KernelStackUse(left: room, hitThreadInfo: room < -8, overwritten: overwritten)
  }

  /// Returns from every call on a process's kernel stack; what was overwritten stays so.
  mutating func popStack(in number: ProcessNumber) throws(MachineError) {
    _ = try process(number)
    records[number.rawValue]!.stack.used = 0
  }

  /// Looks at the end mark, as the scheduler does.
  func checkStack(
    of number: ProcessNumber, _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
  ) throws(MachineError) {
    let stack = try process(number).stack
    let mark = try word(at: stack.start + ByteCount(KernelStack.infoSize), pages, areas)
    guard mark == KernelStack.endMark else { throw .process(.stackEndCorrupted(number)) }
  }

  /// What is now where a process's thread_info was written.
  func threadInfo(
    of number: ProcessNumber, _ pages: borrowing PageAllocator, _ areas: borrowing VirtualAreas
  ) throws(MachineError) -> ThreadInfo {
    let start = try process(number).stack.start
    let second = try word(at: start + 8, pages, areas)
    return ThreadInfo(
      process: try word(at: start, pages, areas), flags: UInt32(truncatingIfNeeded: second),
      processor: UInt32(truncatingIfNeeded: second >> 32),
      preemptCount: try word(at: start + 16, pages, areas))
  }
}
