// SPDX-License-Identifier: MIT

// A large block of the hardened mode: a mapping of its own between two pages that can't be accessed.
//
//     ├ guard ┼── asked for ──┼ pattern ┼ zero ┼ guard ┤
//
// A block begins at a page, so a read or a write ends in the guard only where the pages end; the slack behind what
// was asked for is looked at when the block is freed or resized. Where the budget has no more guards, a block has
// neither guards nor a pattern, and no place in quarantine.

internal import Pages
internal import Reservations
internal import System

enum GuardedBlock {
  static func allocate(
    _ size: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> UInt {
    let before = Syscalls.errorNumber
    guard alignment <= Heap.largestAlignment else { return Heap.fail() }
    var start = unsafe map(size, alignment: alignment, heap)
    // Addresses that wait in quarantine may be what is missing.
    if start == 0, unsafe AddressQuarantine.empty(heap) {
      start = unsafe map(size, alignment: alignment, heap)
    }
    if start == 0 { return Heap.fail() }
    Syscalls.errorNumber = before
    return start
  }

  private static func map(
    _ size: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> UInt {
    let page = Heap.pageSize
    let whole = (max(size, 1) &+ page &- 1) & ~(page &- 1)
    guard unsafe heap.pointee.guards.takeGuards(2) else {
      guard let start = LargeBlock.mapAligned(whole, alignment: alignment),
        unsafe LargeBlock.record(start, whole, length: size, alignment: alignment, heap)
      else { return 0 }
      return start
    }
    var isMade = false
    defer { if !isMade { unsafe heap.pointee.guards.giveGuardsBack(2) } }
    // Room for the alignment, and a page on either side.
    let room = whole &+ max(alignment, page) &+ page
    let place = unsafe AddressQuarantine.take(room, heap)
    if place == 0 { return 0 }
    let step = UInt(max(alignment, page))
    let start = (place &+ UInt(page) &+ step &- 1) & ~(step &- 1)
    let lower = VirtualAddress(rawValue: place)
    let guardStart = VirtualAddress(rawValue: start &- UInt(page))
    let end = VirtualAddress(rawValue: start &+ UInt(whole &+ page))
    let upper = lower + ByteCount(room)
    if guardStart > lower { Syscalls.unmapOwn(lower, size: guardStart - lower) }
    if upper > end { Syscalls.unmapOwn(end, size: upper - end) }
    let range = VirtualAddress(rawValue: start)
    guard Syscalls.makeAccessible(range, size: ByteCount(whole)) else {
      Syscalls.unmapOwn(guardStart, size: end - guardStart)
      return 0
    }
    // Before it is recorded: whoever finds it there may look at its slack.
    unsafe heap.pointee.seal.fillSlack(start &+ UInt(max(size, 1)), start &+ UInt(whole))
    guard
      unsafe LargeBlock.record(
        start, whole, length: size, alignment: alignment, isGuarded: true, heap)
    else {
      Syscalls.unmapOwn(guardStart, size: end - guardStart)
      return 0
    }
    isMade = true
    return start
  }

  static func release(
    _ block: UInt, _ heap: UnsafeMutablePointer<Heap>, function: StaticString
  ) {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    guard let (slot, found) = unsafe heap.pointee.blocks.table.claim(address) else {
      MisuseMessage.abort(function: function, address, unsafe heap.diagnoseHardened(block))
    }
    let size = found.reservation.size
    let end = (found.start + size).rawValue
    if found.isGuarded,
      unsafe !heap.pointee.seal.isSlackWhole((found.start + found.length).rawValue, end)
    {
      MisuseMessage.abort(function: function, address, .overflown)
    }
    unsafe heap.pointee.blocks.table.vacate(slot, of: address)
    if found.isGuarded {
      let page = Heap.pageSize
      let range = AddressQuarantine.WaitingRange(
        start: block &- UInt(page), size: size.rawValue &+ 2 &* page)
      unsafe heap.pointee.guards.giveGuardsBack(1)
      unsafe AddressQuarantine.put(range, heap)
    } else {
      found.reservation.release()
    }
    Syscalls.errorNumber = before
  }
}
