// SPDX-License-Identifier: MIT

public import Pages

/// An address of a process's.
public struct UserAddress: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: UserAddress, right: UserAddress) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The address some bytes further; it wraps around.
  public static func + (base: UserAddress, offset: ByteCount) -> UserAddress {
    UserAddress(rawValue: base.rawValue &+ UInt64(bitPattern: Int64(offset.rawValue)))
  }
}

extension UserAddress: CustomStringConvertible {
  public var description: String { "0x" + String(rawValue, radix: 16) }
}
