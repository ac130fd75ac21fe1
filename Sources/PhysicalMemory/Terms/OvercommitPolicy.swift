// SPDX-License-Identifier: MIT

/// vm.overcommit_memory.
public enum OvercommitMode: Int, Sendable, Hashable, CaseIterable {
  /// 0: no single promise above all RAM and swap.
  case heuristic = 0
  /// 1: anything is promised.
  case always = 1
  /// 2: no more than swap and a share of RAM are promised altogether.
  case never = 2
}

/// How much is promised.
public struct OvercommitPolicy: Sendable, Hashable {
  /// Which of the three rules holds (vm.overcommit_memory).
  public var mode = OvercommitMode.heuristic
  /// The share of RAM for mode 2 in percent (vm.overcommit_ratio).
  public var ratio = 50

  /// A rule, and its ratio in percent, which is kept from 0 to 1,000,000.
  public init(mode: OvercommitMode = .heuristic, ratio: Int = 50) {
    self.mode = mode
    self.ratio = max(0, min(ratio, 1_000_000))
  }
}
