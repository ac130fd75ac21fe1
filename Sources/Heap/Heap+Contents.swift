// SPDX-License-Identifier: MIT

// What tamalloc's functions do to the contents of any block: one of whole pages (Blocks+Contents.swift),
// or one that shares its pages with others and whose bytes are cleared and counted one by one.

package import Pages
internal import System
internal import Reservations

extension Heap {
  /// A block that reads as some bytes over and over.
  package static func makeBlock(
    size: ByteCount, pattern: UnsafeRawBufferPointer
  ) throws(AllocationError) -> VirtualAddress {
    if let byte = unsafe Reservation.singleByte(of: pattern) {
      return try makeBlock(size: size, alignment: 1, fill: byte)
    }
    guard let heap = unsafe shared else { throw .outOfMemory(size) }
    return try unsafe heap.pointee.blocks.allocate(size: size, pattern: pattern)
  }

  /// What a part of a block holds: of whole pages those that the part touches, of a block that shares
  /// its pages the bytes that lie in committed ones.
  package static func usage(
    of address: VirtualAddress, offset: ByteCount, length: ByteCount
  ) throws(BlockError) -> MemoryUsage {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard isInSegment else {
      return try unsafe heap.pointee.blocks.usage(of: address, offset: offset, length: length)
    }
    var usage = MemoryUsage(reserved: length, committed: 0)
    try forEachSharedPage(of: address, offset: offset, length: length) { part, page in
      let share = part.upperBound - part.lowerBound
      if page.committed > 0 { usage.committed += share }
      if page.swapped > 0 { usage.swapped += share }
      return true
    }
    return usage
  }

  /// Reports which bytes of a part of a block hold anything, until `body` returns false.
  package static func forEachCommittedRange(
    of address: VirtualAddress, offset: ByteCount, length: ByteCount,
    _ body: (Range<ByteCount>) -> Bool
  ) throws(BlockError) {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard isInSegment else {
      return try unsafe heap.pointee.blocks.forEachCommittedRange(
        of: address, offset: offset, length: length, body)
    }
    var open: Range<ByteCount>?
    var goesOn = true
    try forEachSharedPage(of: address, offset: offset, length: length) { part, page in
      guard page.committed > 0 || page.swapped > 0 else { return true }
      if let last = open, last.upperBound == part.lowerBound {
        open = last.lowerBound..<part.upperBound
        return true
      }
      if let last = open { goesOn = body(last) }
      open = part
      return goesOn
    }
    if goesOn, let open { _ = body(open) }
  }

  /// Makes all bytes of blocks read as their fill again; up to `limit` bytes of each stay committed.
  ///
  /// - Returns: how many were reset, before one that could not be.
  package static func reset(
    _ addresses: UnsafeBufferPointer<UnsafeMutableRawPointer?>, keepingResident limit: ByteCount
  ) -> (count: Int, error: BlockError?) {
    let pagemap = try? Syscalls.openForReading("/proc/self/pagemap")
    defer { if let pagemap { Syscalls.close(pagemap) } }
    for index in addresses.indices {
      let address = unsafe VirtualAddress(rawValue: UInt(bitPattern: addresses[index]))
      do throws(BlockError) {
        try reset(address, keepingResident: limit, pagemap: pagemap)
      } catch {
        return (index, error)
      }
    }
    return (addresses.count, nil)
  }

  private static func reset(
    _ address: VirtualAddress, keepingResident limit: ByteCount, pagemap: Int32?
  ) throws(BlockError) {
    let (heap, isInSegment) = try unsafe heap(of: address)
    guard isInSegment else {
      return try unsafe heap.pointee.blocks.reset(
        address, keepingResident: limit, pagemap: pagemap)
    }
    Syscalls.clearBytes(address.rawValue, usableSize(address.rawValue) ?? 0)
  }

  /// Reports each page that a part of a block lies in, which shares it with others, with the part's
  /// bytes there and what the page holds, until `body` returns false.
  private static func forEachSharedPage(
    of address: VirtualAddress, offset: ByteCount, length: ByteCount,
    _ body: (Range<ByteCount>, MemoryUsage) -> Bool
  ) throws(BlockError) {
    try Blocks.check(offset, length, in: ByteCount(usableSize(address.rawValue) ?? 0))
    let page = Syscalls.pageSize.bytes
    let first = address + offset
    let end = first + length
    var start = VirtualAddress(rawValue: first.rawValue & ~(UInt(page.rawValue) &- 1))
    var goesOn = true
    while goesOn, start < end {
      let reservation = Reservation(
        start: start, size: page, alignment: page, options: [], backing: .anonymous(fill: 0))
      do throws(AllocationError) {
        let now = try reservation.usage(of: 0..<page)
        goesOn = body(
          (max(start, first) - address)..<(min(start + page, end) - address), now)
      } catch {
        throw .allocation(error)
      }
      start = start + page
    }
  }
}
