// SPDX-License-Identifier: GPL-2.0 OR MIT

/// Why memory could not be allocated, or not be used as asked.
///
/// Each case holds the input that it is about, and its description says what to do.
public enum AllocationError: Error, Sendable, Hashable {
  /// The size is 0 or negative.
  case invalidSize(ByteCount)
  /// The size in pages overflows, or is above what the processor can address.
  case sizeTooLarge(ByteCount)
  /// The number of elements is negative, or their bytes overflow.
  case invalidCount(Int)
  /// The alignment is no power of two, or above 1 GiB.
  case invalidAlignment(ByteCount)
  /// The fill pattern has no bytes, or more than 4,096.
  case invalidFillPattern(ByteCount)
  /// The options contradict each other: huge pages can't hold a fill pattern that is shared.
  case hugePagesWithFill
  /// The range is not inside the memory, whose size is given too.
  case invalidRange(lower: ByteCount, upper: ByteCount, size: ByteCount)
  /// The range of elements is not inside the array, whose number of elements is given too.
  case invalidElements(lower: Int, upper: Int, count: Int)
  /// No free stretch of address space is long enough.
  case addressSpaceExhausted(ByteCount)
  /// The process's limit on address space (RLIMIT_AS, `ulimit -v`) would be passed.
  case addressSpaceLimit(ByteCount, limit: ByteCount)
  /// The system's limit on promised memory would be passed (`vm.overcommit_memory`).
  case commitLimit(ByteCount)
  /// The process would have more mappings than the system allows (`vm.max_map_count`).
  case mappingLimit(ByteCount, limit: Int)
  /// The process or the system has no file descriptor left.
  case descriptorLimit
  /// No page frame is left to commit.
  case outOfMemory(ByteCount)
  /// The kernel does not tell what is committed here: /proc is not mounted, or hides it.
  case usageUnavailable(errorNumber: Int32)
  /// A system call failed in a way that has no case of its own.
  case systemCall(SystemCall, errorNumber: Int32)
}

extension AllocationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidSize(let size):
      "cannot reserve \(size.rawValue) bytes: the size must be at least 1"
    case .sizeTooLarge(let size):
      "cannot reserve \(size.rawValue) bytes: that is more than the processor can address"
    case .invalidCount(let count):
      "cannot make an array of \(count) elements: the count is negative or its bytes overflow"
    case .invalidAlignment(let alignment):
      "invalid alignment \(alignment.rawValue): it must be a power of two up to 1 GiB"
    case .invalidFillPattern(let length):
      "invalid fill pattern of \(length.rawValue) bytes: it must have 1 to 4096 bytes"
    case .hugePagesWithFill:
      "huge pages cannot be combined with a fill other than zero: leave one of them out"
    case .invalidRange(let lower, let upper, let size):
      "the range \(lower.rawValue)..<\(upper.rawValue) is not inside a memory of \(size.rawValue) bytes"
    case .invalidElements(let lower, let upper, let count):
      "the elements \(lower)..<\(upper) are not inside an array of \(count) elements"
    case .addressSpaceExhausted(let size):
      "no free stretch of address space has room for \(size)"
    case .addressSpaceLimit(let size, let limit):
      "\(size) more would pass this process's limit on address space of \(limit): raise it with ulimit -v"
    case .commitLimit(let size):
      "the kernel does not promise \(size): see vm.overcommit_memory, CommitLimit and Committed_AS"
    case .mappingLimit(let size, let limit):
      "\(size) with this fill would pass the system's limit of \(limit) mappings: raise vm.max_map_count"
    case .descriptorLimit:
      "no file descriptor is left for the fill pattern: raise the limit with ulimit -n"
    case .outOfMemory(let size):
      "no memory is left to commit \(size)"
    case .usageUnavailable(let errorNumber):
      "the kernel does not tell what is committed (error \(errorNumber)): is /proc mounted?"
    case .systemCall(let name, let errorNumber):
      "\(name) failed with error \(errorNumber)"
    }
  }
}
