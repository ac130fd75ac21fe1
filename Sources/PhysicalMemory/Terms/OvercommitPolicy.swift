// SPDX-License-Identifier: MIT

/// vm.overcommit_memory.
public enum OvercommitMode: Int, Sendable, Hashable, CaseIterable {
  /// 0: no single reservation above all RAM and swap.
  case heuristic = 0
  /// 1: any reservation is granted.
  case always = 1
  /// 2: reservations total at most swap plus a share of RAM.
  case never = 2
}

/// How much memory may be promised.
public struct OvercommitPolicy: Sendable, Hashable {
  /// Which of the three rules holds (vm.overcommit_memory).
  public var mode = OvercommitMode.heuristic
  /// The share of RAM for mode 2 in percent (vm.overcommit_ratio).
  public var ratio = 50

  /// A mode, and its ratio in percent, clamped to 0 to 1,000,000.
  public init(mode: OvercommitMode = .heuristic, ratio: Int = 50) {
    self.mode = mode
    self.ratio = max(0, min(ratio, 1_000_000))
  }
}
