// SPDX-License-Identifier: MIT

internal import System

/// Who makes the memory lazy: calls that every Linux has, or Tamalloc's own.
public enum LazyMemoryEngine: Sendable, Hashable, CaseIterable {
  /// mmap, and a tile in memory for a fill other than zero.
  case mappings
  /// The system calls `tamalloc` (554) and `tamalloc_extended` (557), for zero and for any one byte.
  /// Patterns are mapped from a tile here too.
  case systemCalls

  /// What this machine's kernel offers. It is asked when this is first used.
  ///
  /// Under a seccomp filter, as in most containers, it is not asked: then it is always ``mappings``.
  public static var current: LazyMemoryEngine {
    RunningKernel.has(.reservations) ? .systemCalls : .mappings
  }
}

extension LazyMemoryEngine: CustomStringConvertible {
  public var description: String {
    switch self {
    case .mappings: "mmap"
    case .systemCalls: "tamalloc system calls"
    }
  }
}
