// SPDX-License-Identifier: MIT

// How a large block grows and shrinks. A block that has to move while it grows gets room for twice
// its size: address space costs nothing, and the next steps find their pages there, zero. Its pages
// move with it, none is copied, unless the kernel has put them into several mappings.

internal import Pages
internal import Reservations
internal import Synchronization
internal import System

extension LargeBlock {
  static func usableSize(_ block: UInt, _ heap: UnsafeMutablePointer<Heap>) -> Int? {
    unsafe heap.pointee.blocks.size(of: VirtualAddress(rawValue: block))?.rawValue
  }

  /// - Precondition: size is at least 1.
  @inline(never)
  static func resize(_ block: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt {
    guard size <= Heap.largestSize else { return Heap.fail() }
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    guard let (slot, old) = unsafe heap.pointee.blocks.table.claim(address) else {
      MisuseMessage.abort(
        function: "realloc", address, unsafe heap.pointee.blocks.diagnose(address))
    }
    var changed = old
    if unsafe heap.pointee.tellsUsableSizes.load(ordering: .relaxed) {
      // The program may have written as far as it was told.
      changed.length = changed.reservation.size
    }
    if case .anonymous(fill: 0) = old.reservation.backing, old.reservation.options == [] {
      guard unsafe resize(&changed, size, heap) else {
        unsafe heap.pointee.blocks.table.publish(old, in: slot)
        return Heap.fail()
      }
    } else {
      do throws(AllocationError) {
        try changed.reservation.resize(to: ByteCount(size))
      } catch {
        unsafe heap.pointee.blocks.table.publish(old, in: slot)
        return Heap.fail()
      }
    }
    changed.length = ByteCount(size)
    if changed.start == address {
      unsafe heap.pointee.blocks.table.publish(changed, in: slot)
    } else {
      unsafe heap.pointee.blocks.table.publish(changed, movedFrom: address, in: slot)
    }
    Syscalls.errorNumber = before
    return changed.start.rawValue
  }

  private static func resize(
    _ block: inout BlockRecord, _ size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let page = Heap.pageSize
    let start = block.start.rawValue
    let usable = block.reservation.size.rawValue
    let whole = (size &+ page &- 1) & ~(page &- 1)
    if whole <= usable {
      unsafe shrink(&block, size, whole, heap)
      return true
    }
    if unsafe extend(start &+ UInt(usable), by: whole &- usable, heap) {
      block.reservation.settle(at: block.start, size: ByteCount(whole))
      return true
    }
    let alignment = block.reservation.alignment.rawValue
    guard
      let (place, room) = newPlace(whole, roomy: min(whole &* 2, Heap.largestSize), alignment)
    else { return false }
    let old = block.reservation
    block.reservation.settle(
      at: VirtualAddress(rawValue: place), size: ByteCount(room))
    do throws(SystemCallFailure) {
      try Syscalls.remap(
        old.start, size: old.size, to: old.size, move: .to(block.reservation.start))
    } catch {
      // Pages of several mappings can't be moved at once before Linux 6.17, which finds that out when
      // it has unmapped the new place: somebody else may have mapped something there since.
      Syscalls.unmapOwn(
        VirtualAddress(rawValue: place &+ UInt(usable)), size: ByteCount(room &- usable))
      guard let (other, size) = newPlace(whole, roomy: whole, alignment) else {
        block.reservation = old
        return false
      }
      block.reservation.settle(at: VirtualAddress(rawValue: other), size: ByteCount(size))
      unsafe Syscalls.copyBytes(from: start, to: other, usable)
      unsafe dispose(of: old, heap)
    }
    return true
  }

  /// Clears what is given up, and lets go of pages that are worth it.
  private static func shrink(
    _ block: inout BlockRecord, _ size: Int, _ whole: Int, _ heap: UnsafeMutablePointer<Heap>
  ) {
    let start = block.start.rawValue
    let usable = block.reservation.size.rawValue
    let length = block.length.rawValue
    if size >= length { return }
    if usable &- whole >= max(whole / 2, 64 << 10) {
      Syscalls.clearBytes(start &+ UInt(size), min(whole, length) &- size)
      block.reservation.settle(at: block.start, size: ByteCount(whole))
      var rest = block.reservation
      rest.settle(
        at: VirtualAddress(rawValue: start &+ UInt(whole)), size: ByteCount(usable &- whole))
      unsafe dispose(of: rest, heap)
    } else {
      // Behind its last page the block may have room that was never touched: that is given back.
      let page = min((size &+ Heap.pageSize &- 1) & ~(Heap.pageSize &- 1), length)
      Syscalls.clearBytes(start &+ UInt(size), page &- size)
      if page < length, !discard(start &+ UInt(page), usable &- page) {
        Syscalls.clearBytes(start &+ UInt(page), length &- page)
      }
    }
  }

  /// Takes the pages from an address on, if they are free, and makes them zero.
  private static func extend(
    _ end: UInt, by size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let wasDirty = unsafe heap.guarded.withLock { shared, _ in
      shared.large.ranges.take(UInt(size), at: end)
    }
    guard let wasDirty else { return false }
    if wasDirty { Syscalls.clearBytes(end, size) }
    return true
  }

  /// Address space for a block that grows: roomy, or else just enough.
  private static func newPlace(
    _ size: Int, roomy: Int, _ alignment: Int
  ) -> (start: UInt, size: Int)? {
    if let start = mapAligned(roomy, alignment: alignment) { return (start, roomy) }
    if let start = mapAligned(size, alignment: alignment) { return (start, size) }
    return nil
  }
}
