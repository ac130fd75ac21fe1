// SPDX-License-Identifier: MIT

/// How a lazy memory differs from the usual one.
public struct LazyMemoryOptions: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Commit every page at creation, and those that a later growth adds.
  public static let prefault = LazyMemoryOptions(rawValue: 1)

  /// Let the kernel commit 2 MiB at a touch, where its setting for transparent huge pages is
  /// `madvise` or `always`. Without this option memory is committed page by page whatever that
  /// setting says. With a fill other than zero it takes a kernel with Tamalloc's system calls.
  public static let hugePages = LazyMemoryOptions(rawValue: 2)

  /// Count the whole size against the system's commit limit, so that creation fails rather than
  /// a later touch. Without this option the memory is mapped with `MAP_NORESERVE`; where
  /// `vm.overcommit_memory` is 2 the kernel counts it all the same.
  public static let strictAccounting = LazyMemoryOptions(rawValue: 4)
}
