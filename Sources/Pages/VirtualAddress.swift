// SPDX-License-Identifier: GPL-2.0 OR MIT

/// A position in a process's address space.
///
/// It is a number and not a pointer: address arithmetic and bookkeeping need no access to memory,
/// and stay safe code. Whoever reads or writes makes a pointer of it, and says why that is sound.
public struct VirtualAddress: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  /// Bytes from address 0.
  public var rawValue: UInt

  @inlinable
  public init(rawValue: UInt) {
    self.rawValue = rawValue
  }

  /// The address that a pointer holds.
  @inlinable
  public init(_ pointer: UnsafeRawPointer) {
    rawValue = UInt(bitPattern: pointer)
  }

  @inlinable
  public static func < (left: VirtualAddress, right: VirtualAddress) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The address `offset` bytes further; it wraps around, as the hardware's does.
  @inlinable
  public static func + (base: VirtualAddress, offset: ByteCount) -> VirtualAddress {
    VirtualAddress(rawValue: base.rawValue &+ UInt(bitPattern: offset.rawValue))
  }

  /// The distance between two addresses.
  @inlinable
  public static func - (end: VirtualAddress, start: VirtualAddress) -> ByteCount {
    ByteCount(Int(bitPattern: end.rawValue &- start.rawValue))
  }

  /// A pointer to this address, or nil for address 0.
  @unsafe
  @inlinable
  public var pointer: UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: rawValue)
  }
}
