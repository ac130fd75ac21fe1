// SPDX-License-Identifier: MIT

// The kernel's own addresses are numbers of the model: what is at them lies elsewhere in the address space
// of the process that runs the model. ``KernelAddressPlan`` says which are what.

public import Pages

/// An address of the model's kernel.
public struct KernelAddress: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: KernelAddress, right: KernelAddress) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The address some bytes further; it wraps around.
  public static func + (base: KernelAddress, offset: ByteCount) -> KernelAddress {
    KernelAddress(rawValue: base.rawValue &+ UInt64(bitPattern: Int64(offset.rawValue)))
  }

  /// The distance between two addresses.
  public static func - (end: KernelAddress, start: KernelAddress) -> ByteCount {
    ByteCount(Int(truncatingIfNeeded: Int64(bitPattern: end.rawValue &- start.rawValue)))
  }
}

extension KernelAddress: CustomStringConvertible {
  public var description: String { "0x" + String(rawValue, radix: 16) }
}
