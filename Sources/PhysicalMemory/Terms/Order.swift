// SPDX-License-Identifier: MIT

public import Pages

/// The size of a block of page frames, as a power of two: order k is 2^k frames, from 1 to 1,024.
public struct Order: Sendable, Hashable, BitwiseCopyable {
  /// The exponent: 0 to 10.
  public let rawValue: Int

  /// The number of orders that the buddy system keeps.
  public static let count = 11

  /// The order of the largest block: 1,024 frames.
  public static let largest = Order(unchecked: count - 1)

  package init(unchecked order: Int) {
    rawValue = order
  }

  /// Creates an order.
  ///
  /// - Throws: ``MachineError/invalidOrder(_:)`` below 0 or above 10.
  public init(_ order: Int) throws(MachineError) {
    guard order >= 0, order < Self.count else { throw .invalidOrder(order) }
    rawValue = order
  }

  /// The lowest order whose blocks hold `size` bytes (Linux's get_order).
  ///
  /// - Throws: ``MachineError/invalidSize(_:)`` for 0 bytes or more than the largest block has.
  public init(holding size: ByteCount) throws(MachineError) {
    let frame = PageFrameNumber.size.rawValue
    guard size > 0, size.rawValue <= frame << (Self.count - 1) else { throw .invalidSize(size) }
    let frames = (size.rawValue + frame - 1) / frame
    rawValue = Int.bitWidth - (frames - 1).leadingZeroBitCount
  }

  /// The frames of a block.
  public var frameCount: Int { 1 << rawValue }

  /// The bytes of a block.
  public var size: ByteCount { ByteCount(PageFrameNumber.size.rawValue << rawValue) }
}

extension Order: ExpressibleByIntegerLiteral, Comparable, CustomStringConvertible {
  /// - Precondition: the literal is within 0 and 10. Numbers that a person typed go through
  ///   ``init(_:)-(Int)``, which throws.
  public init(integerLiteral value: Int) {
    precondition(value >= 0 && value < Self.count, "An order is 0 to 10")
    rawValue = value
  }

  public static func < (left: Order, right: Order) -> Bool { left.rawValue < right.rawValue }

  public var description: String { "\(rawValue)" }
}
