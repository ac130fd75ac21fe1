// SPDX-License-Identifier: MIT

// tamalloc's own blocks. From a page on they are whole pages, in the table; smaller ones come from the
// heap's spans, and so does whatever malloc has made: all verbs work for all blocks.

package import Pages
internal import Reservations
internal import System

extension Heap {
  /// Bytes from which a block of tamalloc's has pages of its own.
  private static var smallestOwn: Int { 4096 }

  /// Makes the heap, and ready what is looked up once.
  package static func prepare() {
    guard let heap = unsafe shared else { return }
    unsafe heap.pointee.blocks.prepare()
  }

  /// A block that reads as `fill`.
  package static func makeBlock(
    size: ByteCount, alignment: ByteCount, fill: UInt8
  ) throws(AllocationError) -> VirtualAddress {
    if size > 0, size.rawValue < smallestOwn, fill == 0, PageSize(alignment) != nil,
      alignment.rawValue <= smallestOwn
    {
      let block = allocate(size.rawValue, alignment: alignment.rawValue)
      if block == 0 { throw .outOfMemory(size) }
      return VirtualAddress(rawValue: block)
    }
    guard let heap = unsafe shared else { throw .outOfMemory(size) }
    return try unsafe heap.pointee.blocks.allocate(size: size, alignment: alignment, fill: fill)
  }

  /// The heap, and whether its segments hold an address, or the hardened mode's blocks of no bytes do. It throws where
  /// those hold it, but no block begins there; and where there is no heap.
  static func heap(
    of address: VirtualAddress
  ) throws(BlockError) -> (heap: UnsafeMutablePointer<Heap>, isInSegment: Bool) {
    guard let heap = unsafe Heap.existing else { throw .notABlock }
    let isInSegment =
      unsafe heap.pointee.map.contains(address.rawValue)
      || heap.pointee.settings.isHardened && heap.isEmptyBlock(address.rawValue)
    if isInSegment, usableSize(address.rawValue) == nil { throw .notABlock }
    return unsafe (heap, isInSegment)
  }

  package static func releaseBlock(_ address: VirtualAddress) throws(BlockError) {
    let (heap, isInSegment) = try unsafe heap(of: address)
    if unsafe isInSegment || heap.pointee.settings.isHardened {
      return release(address.rawValue, function: "tafree")
    }
    try unsafe heap.pointee.blocks.release(address)
  }

  package static func resizeBlock(
    _ address: VirtualAddress, to size: ByteCount
  ) throws(BlockError) -> VirtualAddress {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard
      unsafe isInSegment
        || heap.pointee.settings.isHardened && heap.isGuarded(address.rawValue)
    else {
      return try unsafe heap.pointee.blocks.resize(address, to: size)
    }
    guard size > 0 else { throw .allocation(.invalidSize(size)) }
    guard size.rawValue >= smallestOwn else {
      let moved = resize(address.rawValue, size.rawValue)
      if moved == 0 { throw .allocation(.outOfMemory(size)) }
      return VirtualAddress(rawValue: moved)
    }
    let usable = usableSize(address.rawValue) ?? 0
    let moved: VirtualAddress
    do throws(AllocationError) {
      moved = try unsafe heap.pointee.blocks.allocate(size: size)
    } catch {
      throw .allocation(error)
    }
    unsafe Syscalls.copyBytes(
      from: address.rawValue, to: moved.rawValue, min(usable, size.rawValue))
    release(address.rawValue)
    return moved
  }

  package static func discard(
    _ address: VirtualAddress, offset: ByteCount, length: ByteCount
  ) throws(BlockError) {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard isInSegment else {
      try unsafe heap.pointee.blocks.discard(address, offset: offset, length: length)
      if unsafe heap.pointee.settings.isHardened { unsafe heap.restoreSlack(address.rawValue) }
      return
    }
    let usable = ByteCount(usableSize(address.rawValue) ?? 0)
    guard offset >= 0, length >= 0, offset <= usable, length <= usable - offset else {
      let upper = ByteCount(offset.rawValue &+ length.rawValue)
      throw .allocation(.invalidRange(lower: offset, upper: upper, size: usable))
    }
    Syscalls.clearBytes((address + offset).rawValue, length.rawValue)
  }

  /// What a block holds: of one that shares its pages, the bytes that lie in committed ones.
  package static func usage(of address: VirtualAddress) throws(BlockError) -> MemoryUsage {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard isInSegment else { return try unsafe heap.pointee.blocks.usage(of: address) }
    let usable = ByteCount(usableSize(address.rawValue) ?? 0)
    return try usage(of: address, offset: 0, length: usable)
  }

  /// What is known of an address that no usable block begins at.
  package static func diagnose(_ address: VirtualAddress) -> Misuse {
    guard let heap = unsafe Heap.existing else { return .unknown }
    if unsafe heap.pointee.settings.isHardened {
      return unsafe heap.diagnoseHardened(address.rawValue)
    }
    guard unsafe heap.pointee.map.contains(address.rawValue) else {
      return unsafe heap.pointee.blocks.diagnose(address)
    }
    return unsafe diagnose(address.rawValue, SpanPointer(containing: address.rawValue))
  }
}
