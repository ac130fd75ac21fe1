// SPDX-License-Identifier: MIT

// The verbs of the C library, in Swift's terms: blocks are made, resized and released by address.
// Nothing here takes memory from Swift's heap or C's, and no argument can cause a trap.

package import Pages
internal import Reservations
internal import System

/// The blocks that C holds.
///
/// Every function may be called from any thread, and in the child of a fork; see ``BlockTable``.
package struct Blocks: ~Copyable, Sendable {
  let table: BlockTable

  package init() {
    table = BlockTable()
  }

  /// Makes ready what is made or looked up once. A fork that came while another thread is at it would
  /// leave the child to wait for a thread that it hasn't got.
  package func prepare() {
    _ = Syscalls.pageSize
    _ = RunningKernel.stackMeansPageGranular
  }

  /// Reserves a block that reads as `fill`; returns where it begins.
  package func allocate(
    size: ByteCount, alignment: ByteCount = 1, fill: UInt8 = 0
  ) throws(AllocationError) -> VirtualAddress {
    let reservation = try Reservation.reserve(
      size: size, alignment: alignment, fill: .byte(fill), options: [])
    do throws(AllocationError) {
      try table.insert(BlockRecord(reservation: reservation, length: size))
    } catch {
      reservation.release()
      throw error
    }
    return reservation.start
  }

  /// Bytes of a block that may be used: whole pages. Nil where no block begins there.
  package func size(of address: VirtualAddress) -> ByteCount? {
    table.block(at: address)?.reservation.size
  }

  /// Bytes that were asked for. Nil where no block begins there.
  func length(of address: VirtualAddress) -> ByteCount? { table.block(at: address)?.length }

  /// Gives a block back.
  package func release(_ address: VirtualAddress) throws(BlockError) {
    guard let (slot, block) = table.claim(address) else { throw .notABlock }
    // In this order: once the memory is given back, another thread may be given the same address.
    table.vacate(slot, of: address)
    block.reservation.release()
  }

  /// Resizes a block; returns where it begins now.
  package func resize(
    _ address: VirtualAddress, to size: ByteCount
  ) throws(BlockError) -> VirtualAddress {
    guard let (slot, old) = table.claim(address) else { throw .notABlock }
    var block = old
    do throws(AllocationError) {
      if size > block.length {
        // The rest of the last page was nobody's, or was given up when the block shrank.
        try block.reservation.discard(block.length..<min(size, block.reservation.size))
      }
      try block.reservation.resize(to: size)
    } catch {
      table.publish(old, in: slot)
      throw .allocation(error)
    }
    block.length = size
    if block.start == address {
      table.publish(block, in: slot)
    } else {
      table.publish(block, movedFrom: address, in: slot)
    }
    return block.start
  }

  /// Makes bytes of a block read as its fill again, and gives back their pages.
  package func discard(
    _ address: VirtualAddress, offset: ByteCount, length: ByteCount
  ) throws(BlockError) {
    guard let block = table.block(at: address) else { throw .notABlock }
    guard offset >= 0, length >= 0, offset <= block.length, length <= block.length - offset else {
      let upper = ByteCount(offset.rawValue &+ length.rawValue)
      throw .allocation(.invalidRange(lower: offset, upper: upper, size: block.length))
    }
    let end = offset + length
    if length == 0 { return }
    do throws(AllocationError) {
      // What lies behind the last byte is nobody's: with it, the last page can be given back whole.
      try block.reservation.discard(offset..<(end == block.length ? block.reservation.size : end))
    } catch {
      throw .allocation(error)
    }
  }

  /// What a block holds now, exactly.
  package func usage(of address: VirtualAddress) throws(BlockError) -> MemoryUsage {
    guard let block = table.block(at: address) else { throw .notABlock }
    do throws(AllocationError) {
      return try block.reservation.usage(of: 0..<block.reservation.size)
    } catch {
      throw .allocation(error)
    }
  }

  /// What is known of an address that is no usable block's, for a report.
  ///
  /// - Complexity: O(slots of the table)
  package func diagnose(_ address: VirtualAddress) -> Misuse {
    var diagnosis = Misuse.unknown
    _ = table.first { mark, slot in
      if Mark.canBeLive(address), mark == Mark.busy(address) { diagnosis = .busy }
      if Mark.canBeLive(address), mark == Mark.freed(address) { diagnosis = .freed }
      guard let start = Mark.live(mark), start < address, let block = table.block(at: start),
        address < start + block.reservation.size
      else { return false }
      diagnosis = .inside(start: start, length: block.length)
      return true
    }
    return diagnosis
  }

  /// Hands on where each block begins, and its bytes in whole pages.
  func visitAll(_ body: (UInt, Int) -> Void) {
    _ = table.first { mark, _ in
      if let start = Mark.live(mark), let block = table.block(at: start) {
        body(start.rawValue, block.reservation.size.rawValue)
      }
      return false
    }
  }

  /// Whether the invariants of the table and of every block hold.
  ///
  /// - Precondition: no other thread uses the blocks meanwhile.
  package func checkInvariants() -> Bool { table.checkInvariants() }
}
