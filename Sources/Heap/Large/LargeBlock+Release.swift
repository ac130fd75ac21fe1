// SPDX-License-Identifier: MIT

// What becomes of a large block's pages when it is freed; PageDensity.swift has the reasons.

internal import Pages
internal import Reservations
internal import System

extension LargeBlock {
  /// Bytes in zero ranges that may be committed before blocks that are touched sparsely give their
  /// pages back when they are freed. The last such block's are kept in any case.
  private static let keptCommitted: UInt = 256 << 10

  static func release(
    _ block: UInt, _ heap: UnsafeMutablePointer<Heap>, function: StaticString
  ) {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    guard let (slot, found) = unsafe heap.pointee.blocks.table.claim(address) else {
      MisuseMessage.abort(function: function, address, unsafe heap.pointee.blocks.diagnose(address))
    }
    unsafe heap.pointee.blocks.table.vacate(slot, of: address)
    unsafe dispose(of: found.reservation, heap)
    Syscalls.errorNumber = before
  }

  /// Keeps what can be used again, and unmaps what can't.
  static func dispose(of reservation: Reservation, _ heap: UnsafeMutablePointer<Heap>) {
    guard case .anonymous(fill: 0) = reservation.backing, reservation.options == [] else {
      return reservation.release()
    }
    if unsafe !recycle(reservation.start.rawValue, reservation.size.rawValue, heap) {
      reservation.release()
    }
  }

  /// Returns false where the pages had better be unmapped.
  private static func recycle(
    _ start: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let room = unsafe heap.pointee.settings.cacheSize
    let (question, kept, clears) = unsafe heap.guarded.withLock { shared, _ in
      (
        shared.large.density.question(size), Int(shared.large.ranges.dirtyBytes),
        shared.large.ranges.zeroCommitted < keptCommitted
      )
    }
    var committed: Int?
    switch question {
    case .assumeDense: committed = size
    case .assumeNothing:
      guard discard(start, size) else { return false }
      committed = 0
    case .scan:
      committed = unsafe heap.pointee.pageTables.committed(
        start, size, clears ? .clear(limit: size / 2) : .count)
      if committed == nil, size > 16 << 20 { return false }
    }
    let isDirty = (committed ?? size) > size / 2
    if isDirty, kept &+ size > room { return false }
    if !isDirty, committed != 0, !clears {
      guard discard(start, size) else { return false }
    }
    let (evicted, demand) = unsafe heap.guarded.withLock { shared, _ in
      if question == .scan, let committed { shared.large.density.note(committed, of: size) }
      let evicted = shared.large.ranges.add(start, UInt(size), isDirty: isDirty)
      if !isDirty, clears, let committed {
        shared.large.ranges.zeroCommitted &+= UInt(committed)
      }
      return (evicted, shared.purgeDemand)
    }
    unmap(evicted)
    unsafe heap.expectPurge(demand)
    return true
  }

  static func discard(_ start: UInt, _ size: Int) -> Bool {
    let range = VirtualAddress(rawValue: start)
    return (try? Syscalls.advise(range, size: ByteCount(size), .discard)) != nil
  }

  static func unmap(_ range: FreeRange?) {
    guard let range else { return }
    Syscalls.unmapOwn(VirtualAddress(rawValue: range.start), size: ByteCount(Int(range.size)))
  }
}
