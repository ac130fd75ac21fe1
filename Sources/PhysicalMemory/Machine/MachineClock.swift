// SPDX-License-Identifier: MIT

/// The machine's time: it passes only when somebody lets it.
public struct MachineClock: Sendable, Hashable, BitwiseCopyable {
  /// Ticks since boot: milliseconds, where it matters.
  public internal(set) var now = 0
  /// A tick is being worked on.
  var isTicking = false
}

/// The machine's chance: the same seed, the same course (SplitMix64: Steele, Lea and Flood, OOPSLA
/// 2014).
public struct Chance: RandomNumberGenerator, Sendable, Hashable, BitwiseCopyable {
  private var state: UInt64

  /// The course of a seed.
  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
