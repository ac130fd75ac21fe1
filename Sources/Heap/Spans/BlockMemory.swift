// SPDX-License-Identifier: MIT

/// Raw words of the heap's own blocks.
enum BlockMemory {
  /// The word at an address.
  ///
  /// - Precondition: the address is that of a free block of this heap.
  @unsafe @inline(__always)
  static func word(_ address: UInt) -> UInt {
    unsafe UnsafePointer<UInt>(bitPattern: address).unsafelyUnwrapped.pointee
  }

  /// Sets the word at an address.
  ///
  /// - Precondition: the address is that of a block of this heap that nobody uses.
  @unsafe @inline(__always)
  static func setWord(_ address: UInt, _ word: UInt) {
    unsafe UnsafeMutablePointer<UInt>(bitPattern: address).unsafelyUnwrapped.pointee = word
  }

  /// Stores a value, at any address.
  ///
  /// - Precondition: its bytes lie in a block of this heap.
  @unsafe @inline(__always)
  static func store<Value: BitwiseCopyable>(_ value: Value, at address: UInt) {
    unsafe UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
      .storeBytes(of: value, as: Value.self)
  }
}
