// SPDX-License-Identifier: MIT

/// The lists for reclaim.
public enum ReclaimList: Int, Sendable, Hashable, CaseIterable {
  /// Anonymous pages that go next.
  case inactiveAnonymous
  /// Anonymous pages that were used lately.
  case activeAnonymous
  /// Files' pages that go next.
  case inactiveFile
  /// Files' pages that were used lately.
  case activeFile

  /// The list of a frame with such flags.
  @inline(__always)
  init(_ flags: PageFlags) {
    switch (flags.contains(.swapBacked), flags.contains(.active)) {
    case (true, false): self = .inactiveAnonymous
    case (true, true): self = .activeAnonymous
    case (false, false): self = .inactiveFile
    case (false, true): self = .activeFile
    }
  }
}
