// SPDX-License-Identifier: MIT

// The bytes of slabs: free lists, poison and red zones lie in the machine's RAM, where an overrun can
// damage them.
//
// Unsafe code: pointers into the direct map. They are sound as long as the machine lives; every offset
// comes from a slab's frame, which is RAM.

internal import Pages

extension SlabAllocator {
  /// What marks bytes around objects that are free, and that are in use (SLUB_RED_INACTIVE, _ACTIVE).
  static let redZoneFree: UInt8 = 0xBB
  static let redZoneActive: UInt8 = 0xCC
  /// What free objects are filled with, and their last byte (POISON_FREE, POISON_END).
  static let poison: UInt8 = 0x6B
  static let poisonEnd: UInt8 = 0xA5

  /// Reads an entry of a free list.
  @inline(__always)
  func freeListEntry(_ list: Int, _ index: Int, _ pages: borrowing PageAllocator) -> Int {
    let pointer = unsafe pages.physical.ram.place(list + index * 2).pointer.unsafelyUnwrapped
    return Int(unsafe pointer.load(as: UInt16.self))
  }

  /// Writes an entry of a free list.
  @inline(__always)
  func setFreeListEntry(
    _ list: Int, _ index: Int, _ value: Int, _ pages: borrowing PageAllocator
  ) {
    let pointer = unsafe pages.physical.ram.place(list + index * 2).pointer.unsafelyUnwrapped
    unsafe pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
  }

  /// Fills bytes of the direct map.
  func fillDirect(
    _ offset: Int, _ count: Int, _ byte: UInt8, _ pages: borrowing PageAllocator
  ) {
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    unsafe pointer.initializeMemory(as: UInt8.self, repeating: byte, count: count)
  }

  /// The first byte from `offset` on that is not `byte`, counted from there.
  func firstOther(
    _ offset: Int, _ count: Int, than byte: UInt8, _ pages: borrowing PageAllocator
  ) -> Int? {
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    for index in 0..<count where unsafe pointer.load(fromByteOffset: index, as: UInt8.self) != byte
    {
      return index
    }
    return nil
  }
}
