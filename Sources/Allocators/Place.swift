// SPDX-License-Identifier: GPL-2.0 OR MIT

// The one file of this room that reads and writes memory through addresses.
//
// A *place* is an address inside a page that the allocator holds. All control data are records at
// places, read and written field by field; a field's type and offset are fixed by its record.
//
// Invariant: an allocator makes places only by taking a page and by arithmetic that stays inside it,
// and reads no field that it has not written. That makes the accessors safe to call, although the
// compiler can't see why.

/// An address inside a page that the allocator holds.
@safe
@frozen
@usableFromInline
struct Place: Equatable, BitwiseCopyable {
  /// The address as callers want it.
  @usableFromInline let pointer: UnsafeMutableRawPointer

  @inlinable
  init(_ pointer: UnsafeMutableRawPointer) { unsafe self.pointer = pointer }

  /// The place at an address that an allocator has noted.
  @inlinable @inline(__always)
  init(at address: UInt) {
    // SAFETY: the address was that of a place, and none is 0.
    unsafe pointer = UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }

  /// The address as a number.
  @inlinable @inline(__always)
  var address: UInt { unsafe UInt(bitPattern: pointer) }

  @inlinable @inline(__always)
  static func == (left: Place, right: Place) -> Bool { left.address == right.address }

  /// The value of a field.
  @inlinable @inline(__always)
  func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
    // SAFETY: see the invariant above; every field lies at a multiple of its own alignment.
    unsafe (pointer + offset).load(as: Value.self)
  }

  /// Sets a field.
  @inlinable @inline(__always)
  func store<Value: BitwiseCopyable>(_ offset: Int, _ value: Value) {
    // SAFETY: as above.
    unsafe (pointer + offset).storeBytes(of: value, as: Value.self)
  }

  /// A field that holds another place, or none.
  @inlinable @inline(__always)
  func link(_ offset: Int) -> Place? { load(offset, as: Place?.self) }

  /// Sets a field that holds another place, or none.
  @inlinable @inline(__always)
  func setLink(_ offset: Int, _ place: Place?) { store(offset, place) }

  /// Makes `count` bytes zero.
  @inlinable
  func clear(_ count: Int) {
    unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }

  /// Copies `count` bytes from another place.
  @inlinable
  func copy(_ other: Place, _ count: Int) {
    unsafe pointer.copyMemory(from: other.pointer, byteCount: count)
  }

  @inlinable @inline(__always)
  static func + (place: Place, offset: Int) -> Place { unsafe Place(place.pointer + offset) }

  @inlinable @inline(__always)
  static func - (place: Place, offset: Int) -> Place { unsafe Place(place.pointer - offset) }

  /// The distance from one place to another.
  @inlinable @inline(__always)
  static func - (end: Place, start: Place) -> Int {
    Int(bitPattern: end.address &- start.address)
  }

  /// The bytes from the last multiple of `alignment`, a power of two, to this place.
  @inlinable @inline(__always)
  func offset(in alignment: Int) -> Int { Int(bitPattern: address) & (alignment &- 1) }

  /// The last multiple of `alignment`, a power of two, at or before this place.
  @inlinable @inline(__always)
  func roundedDown(to alignment: Int) -> Place { self - offset(in: alignment) }
}
