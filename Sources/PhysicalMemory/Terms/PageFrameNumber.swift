// SPDX-License-Identifier: MIT

// Terms: a *page frame* is 4,096 bytes of RAM at a multiple of that in physical memory. Its *number*
// (Linux's pfn) is its physical address divided by 4,096. A *page*, without more words, is what lies
// in a frame. A *block* of order k is 2^k frames whose first number is a multiple of 2^k.

public import Pages

/// The number of a page frame: its physical address by 4,096 bytes (Linux's pfn).
public struct PageFrameNumber: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// Frames from physical address 0.
  public var rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Creates a frame number.
  @inlinable
  public init(_ number: UInt32) {
    rawValue = number
  }

  /// The bytes of a frame.
  public static let size: ByteCount = 4096

  /// log2 of the bytes of a frame.
  package static let shift = 12

  /// The most frames a machine may span: two numbers are kept for the ends of lists.
  static let limit = Int(UInt32.max) - 1

  @inlinable
  package init(index: Int) {
    rawValue = UInt32(truncatingIfNeeded: index)
  }

  /// The number as an index into tables.
  @inlinable
  package var index: Int { Int(rawValue) }
}

extension PageFrameNumber: Comparable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  @inlinable
  public init(integerLiteral value: UInt32) {
    rawValue = value
  }

  @inlinable
  public static func < (left: PageFrameNumber, right: PageFrameNumber) -> Bool {
    left.rawValue < right.rawValue
  }

  public var description: String { "\(rawValue)" }
}

/// An address on the machine's memory bus.
public struct PhysicalAddress: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// Bytes from physical address 0.
  public var rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}
