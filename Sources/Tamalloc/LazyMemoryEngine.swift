// SPDX-License-Identifier: MIT

/// Who makes the memory lazy: calls that every Linux has, or Tamalloc's own.
public enum LazyMemoryEngine: Sendable, Hashable, CaseIterable {
  /// mmap, and a tile in memory for a fill other than zero.
  case mappings
  /// The system calls `tamalloc` (554) and `tamalloc_extended` (557), for zero and for any one byte.
  /// Patterns are mapped from a tile here too.
  case systemCalls

  /// What this machine's kernel offers, as its release name tells: it ends in `-tamalloc`.
  ///
  /// The calls are not tried out: on any other kernel their numbers may mean anything one day.
  public static let current: LazyMemoryEngine = Syscalls.hasTamalloc ? .systemCalls : .mappings
}

extension LazyMemoryEngine: CustomStringConvertible {
  public var description: String {
    switch self {
    case .mappings: "mmap"
    case .systemCalls: "tamalloc system calls"
    }
  }
}
