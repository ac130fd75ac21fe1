// SPDX-License-Identifier: MIT

/// How a lazy memory differs from the usual one.
public struct LazyMemoryOptions: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Commit every page at creation, and those that a later growth adds.
  ///
  /// Of more than 64 MiB, creation fails with ``AllocationError/outOfMemory(_:)`` where the machine or a
  /// cgroup has not so much available, then or when others take it meanwhile. Where several programs take
  /// memory in the same instant, the kernel may kill one all the same.
  public static let prefault = LazyMemoryOptions(rawValue: 1)

  /// Let the kernel commit 2 MiB at a touch, where its setting for transparent huge pages is
  /// `madvise` or `always`. Without this option memory is committed page by page whatever that
  /// setting says. With a fill other than zero it takes a kernel with Tamalloc's system calls.
  public static let hugePages = LazyMemoryOptions(rawValue: 2)

  /// Have the kernel count the whole size as promised memory (`Committed_AS`). Without this option the memory
  /// is mapped with `MAP_NORESERVE`.
  ///
  /// What that means, `vm.overcommit_memory` says. In mode 2 there is a limit, creation fails at it, and the
  /// kernel counts all memory, with this option or without. In mode 0, the usual one, the kernel refuses only a
  /// size above all RAM and swap together, whatever else is promised: several such memories may be more than
  /// the machine has, and touching them ends with the OOM killer. In mode 1 it refuses nothing.
  public static let strictAccounting = LazyMemoryOptions(rawValue: 4)

  /// Fail at creation, with ``AllocationError/outOfMemory(_:)``, where the machine and this process's cgroups
  /// have less available than the whole size: `MemAvailable` and free swap, and what is left of each cgroup's
  /// limit. Nothing is set aside: what is available now, others may take.
  public static let requiresAvailable = LazyMemoryOptions(rawValue: 8)
}
