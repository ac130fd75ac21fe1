// SPDX-License-Identifier: MIT

// Blocks that begin as a pattern, go back to it, and tell which of their bytes hold anything.

package import Pages
internal import Reservations

extension Blocks {
  /// Reserves a block that reads as some bytes over and over; returns where it begins.
  package func allocate(
    size: ByteCount, pattern: UnsafeRawBufferPointer
  ) throws(AllocationError) -> VirtualAddress {
    let reservation = try unsafe Reservation.reserve(size: size, pattern: pattern)
    do throws(AllocationError) {
      try table.insert(BlockRecord(reservation: reservation, length: size))
    } catch {
      reservation.release()
      throw error
    }
    return reservation.start
  }

  /// The block that begins at an address, of which a range inside its length is meant.
  private func block(
    at address: VirtualAddress, offset: ByteCount, length: ByteCount
  ) throws(BlockError) -> BlockRecord {
    guard let block = table.block(at: address) else { throw .notABlock }
    try Self.check(offset, length, in: block.length)
    return block
  }

  /// Refuses bytes that are not inside a block of `size` bytes.
  static func check(
    _ offset: ByteCount, _ length: ByteCount, in size: ByteCount
  ) throws(BlockError) {
    guard offset >= 0, length >= 0, offset <= size, length <= size - offset else {
      let upper = ByteCount(offset.rawValue &+ length.rawValue)
      throw .allocation(.invalidRange(lower: offset, upper: upper, size: size))
    }
  }

  /// What a part of a block, widened to whole pages, holds now.
  package func usage(
    of address: VirtualAddress, offset: ByteCount, length: ByteCount
  ) throws(BlockError) -> MemoryUsage {
    let block = try block(at: address, offset: offset, length: length)
    do throws(AllocationError) {
      return try block.reservation.usage(of: offset..<offset + length)
    } catch {
      throw .allocation(error)
    }
  }

  /// Reports which bytes of a part of a block hold anything, in ascending order, until `body` returns
  /// false.
  package func forEachCommittedRange(
    of address: VirtualAddress, offset: ByteCount, length: ByteCount,
    _ body: (Range<ByteCount>) -> Bool
  ) throws(BlockError) {
    let block = try block(at: address, offset: offset, length: length)
    do throws(AllocationError) {
      try block.reservation.forEachCommittedRange(of: offset..<offset + length, body)
    } catch {
      throw .allocation(error)
    }
  }

  /// Makes all bytes of a block read as its fill again; up to `limit` bytes of it stay committed.
  package func reset(
    _ address: VirtualAddress, keepingResident limit: ByteCount, pagemap: Int32?
  ) throws(BlockError) {
    guard let block = table.block(at: address) else { throw .notABlock }
    do throws(AllocationError) {
      try block.reservation.reset(keepingResident: limit, pagemap: pagemap)
    } catch {
      throw .allocation(error)
    }
  }
}
