// SPDX-License-Identifier: GPL-2.0 OR MIT

/// A number of bytes.
///
/// Sizes, lengths and offsets of memory carry this type, so that a count of pages can't pass for a
/// count of bytes. The value may be negative or zero: whoever reserves memory checks what it needs
/// and throws ``AllocationError``, so that a size that a person typed never traps.
public struct ByteCount: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// The number of bytes.
  public var rawValue: Int

  /// Creates a count of bytes.
  @inlinable
  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// Creates a count of bytes.
  @inlinable
  public init(_ bytes: Int) {
    rawValue = bytes
  }

  /// A count of `value` × 2^10 bytes, held at `Int.max` where it would overflow.
  @inlinable
  public static func kibibytes(_ value: Int) -> ByteCount { scaled(value, by: 1 << 10) }

  /// A count of `value` × 2^20 bytes, held at `Int.max` where it would overflow.
  @inlinable
  public static func mebibytes(_ value: Int) -> ByteCount { scaled(value, by: 1 << 20) }

  /// A count of `value` × 2^30 bytes, held at `Int.max` where it would overflow.
  @inlinable
  public static func gibibytes(_ value: Int) -> ByteCount { scaled(value, by: 1 << 30) }

  /// A count of `value` × 2^40 bytes, held at `Int.max` where it would overflow.
  @inlinable
  public static func tebibytes(_ value: Int) -> ByteCount { scaled(value, by: 1 << 40) }

  @inlinable
  static func scaled(_ value: Int, by unit: Int) -> ByteCount {
    let (product, overflow) = value.multipliedReportingOverflow(by: unit)
    if overflow { return ByteCount(value < 0 ? .min : .max) }
    return ByteCount(product)
  }

  /// The smallest multiple of `unit` that is not below this count, or nil where that overflows.
  ///
  /// - Precondition: `unit` is positive.
  @inlinable
  public func roundedUp(toMultipleOf unit: ByteCount) -> ByteCount? {
    let remainder = rawValue % unit.rawValue
    if remainder == 0 { return self }
    let (sum, overflow) = rawValue.addingReportingOverflow(
      remainder > 0 ? unit.rawValue &- remainder : 0 &- remainder)
    return overflow ? nil : ByteCount(sum)
  }
}

extension ByteCount: ExpressibleByIntegerLiteral {
  @inlinable
  public init(integerLiteral value: Int) {
    rawValue = value
  }
}

extension ByteCount: Comparable, AdditiveArithmetic {
  @inlinable
  public static func < (left: ByteCount, right: ByteCount) -> Bool {
    left.rawValue < right.rawValue
  }

  @inlinable
  public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
    ByteCount(left.rawValue + right.rawValue)
  }

  @inlinable
  public static func - (left: ByteCount, right: ByteCount) -> ByteCount {
    ByteCount(left.rawValue - right.rawValue)
  }
}

extension ByteCount: CustomStringConvertible {
  /// The count in the largest IEC unit that leaves at least one, with two decimals at most:
  /// `"640 B"`, `"4 KiB"`, `"1.5 GiB"`.
  public var description: String {
    let units: [StaticString] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var unit = 0
    var magnitude = rawValue.magnitude
    var remainder: UInt = 0
    while magnitude >= 1024 && unit < units.count - 1 {
      remainder = ((magnitude & 1023) << 10 | remainder >> 10)
      magnitude >>= 10
      unit += 1
    }
    // `remainder` is the part below one unit, in 2^-20: enough for two decimals.
    var hundredths = (remainder * 100 + (1 << 19)) >> 20
    if hundredths == 100 {
      magnitude += 1
      hundredths = 0
    }
    var text = rawValue < 0 ? "-\(magnitude)" : "\(magnitude)"
    if hundredths != 0 {
      let tail = hundredths % 10 == 0 ? "\(hundredths / 10)" : "\(hundredths % 10)"
      text += hundredths % 10 == 0 ? ".\(tail)" : ".\(hundredths / 10)\(tail)"
    }
    return "\(text) \(units[unit])"
  }
}
