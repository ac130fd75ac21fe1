// SPDX-License-Identifier: MIT

// Access to the bytes. SAFETY, for all of this file: `base` points to `byteCount` bytes that stay
// mapped readable and writable as long as the value lives and is not resized, which the lifetimes
// and the law of exclusivity see to; every bit pattern is a valid byte.

extension LazyMemory {
  /// The byte at `offset`. Reading commits nothing, writing commits one page.
  ///
  /// - Precondition: `offset` is at least 0 and below ``size``.
  @inlinable
  public subscript(offset: Int) -> UInt8 {
    get {
      precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount), "Offset out of range")
      return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    }
    set {
      precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount), "Offset out of range")
      unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt8.self)
    }
  }

  /// The bytes, to be read. Reading commits nothing.
  @inlinable
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let pointer = unsafe UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
      let span = unsafe Span(_unsafeStart: pointer, count: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes, to be read and written. A write commits the page that it goes to.
  @inlinable
  public var mutableSpan: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      let pointer = unsafe base.assumingMemoryBound(to: UInt8.self)
      let span = unsafe MutableSpan(_unsafeStart: pointer, count: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The bytes as raw memory, to be read.
  @inlinable
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes as raw memory, to be read and written.
  @inlinable
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Calls `body` with a pointer to the bytes, which must not be used after it.
  @inlinable
  public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: byteCount))
  }

  /// Calls `body` with a pointer to the bytes, which must not be used after it.
  @inlinable
  public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }
}
