// SPDX-License-Identifier: MIT

// The kernel says ENOMEM for each of its limits. To tell a person which one it was, and so what to
// raise, this file looks them up after a failure: the answer is a reading of the moment, the failure
// itself is certain.

package import Pages
package import System

package enum MappingLimits {
  /// Names the limit that a failed mapping of `size` bytes most likely met.
  ///
  /// - Complexity: O(1), or O(mappings) where those must be counted.
  package static func explain(
    _ failure: SystemCallFailure, size: ByteCount, isAccounted: Bool
  ) -> AllocationError {
    // For a size beyond all addresses mmap says ENOMEM, and mremap EINVAL.
    guard failure.isOutOfMemory || (failure.call == .mremap && failure.isInvalid) else {
      return .systemCall(failure.call, errorNumber: failure.number)
    }
    if let limit = Syscalls.addressSpaceLimit {
      let pages = KernelFile.number(in: "/proc/self/statm") ?? 0
      let (used, overflow) = pages.multipliedReportingOverflow(by: Syscalls.pageSize.bytes.rawValue)
      if overflow || used > limit.rawValue || size > limit - ByteCount(used) {
        return .addressSpaceLimit(size, limit: limit)
      }
    }
    let mode = KernelFile.number(in: "/proc/sys/vm/overcommit_memory")
    if mode == 2 {
      let limit = KernelFile.number(in: "/proc/meminfo", after: "CommitLimit:") ?? 0
      let promised = KernelFile.number(in: "/proc/meminfo", after: "Committed_AS:") ?? 0
      if size.rawValue / 1024 > limit - promised { return .commitLimit(size) }
    } else if isAccounted && mode == 0 {
      // The heuristic refuses what could never be there at once.
      let memory = KernelFile.number(in: "/proc/meminfo", after: "MemTotal:") ?? 0
      let swap = KernelFile.number(in: "/proc/meminfo", after: "SwapTotal:") ?? 0
      if size.rawValue / 1024 > memory + swap { return .commitLimit(size) }
    }
    // A margin, for what has been given back by now.
    if let limit = KernelFile.number(in: "/proc/sys/vm/max_map_count"),
      Syscalls.mappingCount ?? 0 > limit - limit / 64
    {
      return .mappingLimit(size, limit: limit)
    }
    return .addressSpaceExhausted(size)
  }

  /// Refuses what can't fit the limit on mappings before any work is done for it.
  static func checkMappings(_ count: Int, for size: ByteCount) throws(AllocationError) {
    // Looking the limit up costs more than a small memory does, and none is set below a few thousand.
    guard count > 4096, let limit = KernelFile.number(in: "/proc/sys/vm/max_map_count"),
      count > limit
    else { return }
    throw .mappingLimit(size, limit: limit)
  }
}
