// SPDX-License-Identifier: MIT

// Numbers that name what a machine has. A type for each, so that none is taken for another.

/// The number of a slab cache.
public struct SlabCacheNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// The place in the machine's table in the low 12 bits, and above how often it was used before.
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// The number of a memory pool.
public struct MemoryPoolNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// The number of a file.
public struct FileNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }
}

/// A place for a page in the swap area.
public struct SwapSlot: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  public var rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The number of a process (pid).
public struct ProcessNumber: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  public static func < (left: ProcessNumber, right: ProcessNumber) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ProcessNumber: CustomStringConvertible {
  public var description: String { "\(rawValue)" }
}
