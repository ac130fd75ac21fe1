// SPDX-License-Identifier: MIT

// The verbs in the hardened mode; see Hardened.swift.

internal import Pages
internal import Reservations
internal import System

extension UnsafeMutablePointer where Pointee == Heap {
  /// A block with a canary, or one between guard pages.
  func allocateHardened(_ size: Int, alignment: Int) -> UInt {
    guard size >= 0, size <= Heap.largestSize else { return Heap.fail() }
    // One byte at least, so that a free block has room for a link beside its trailer.
    let whole = max(size, 1) &+ BlockSeal.trailer
    guard whole <= SizeClass.largest, alignment <= SizeClass.largest else {
      return unsafe GuardedBlock.allocate(size, alignment: alignment, self)
    }
    let sizeClass = SizeClass(holding: whole, alignment: alignment)
    let block = unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.allocate(sizeClass, asked: size, held)
    }
    return block == 0 ? Heap.fail() : block
  }

  func releaseHardened(_ block: UInt, function: StaticString) {
    guard unsafe pointee.map.contains(block) else {
      return unsafe GuardedBlock.release(block, self, function: function)
    }
    unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.release(block, function: function, held)
    }
  }

  /// The size that was asked for; nil where no block begins there.
  func usableSizeHardened(_ block: UInt) -> Int? {
    guard unsafe pointee.map.contains(block) else {
      return unsafe pointee.blocks.length(of: VirtualAddress(rawValue: block))?.rawValue
    }
    let verdict = unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.verdict(block, SpanPointer(containing: block), held)
    }
    guard case .live(let size) = verdict else { return nil }
    return size
  }

  /// What is known of an address in a segment that no live block begins at.
  func diagnoseHardened(_ block: UInt) -> Misuse {
    let verdict = unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.verdict(block, SpanPointer(containing: block), held)
    }
    guard case .wrong(let misuse) = verdict else { return .unknown }
    return misuse
  }

  @inline(never)
  func resizeHardened(_ block: UInt, _ size: Int) -> UInt {
    guard let old = unsafe usableSizeHardened(block) else {
      let address = VirtualAddress(rawValue: block)
      let isInSegment = unsafe pointee.map.contains(block)
      MisuseMessage.abort(
        function: "realloc", address,
        unsafe isInSegment ? diagnoseHardened(block) : pointee.blocks.diagnose(address))
    }
    let moved = unsafe allocateHardened(size, alignment: 16)
    if moved == 0 { return 0 }
    unsafe Syscalls.copyBytes(from: block, to: moved, min(old, size))
    unsafe releaseHardened(block, function: "realloc")
    return moved
  }
}

/// A large block of the hardened mode: a mapping of its own between two pages that can't be accessed.
private enum GuardedBlock {
  static func allocate(
    _ size: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> UInt {
    let before = Syscalls.errorNumber
    let page = Heap.pageSize
    guard alignment <= Heap.largestAlignment else { return Heap.fail() }
    let whole = (max(size, 1) &+ page &- 1) & ~(page &- 1)
    guard unsafe heap.pointee.guards.takeGuards(2) else {
      guard let start = LargeBlock.mapAligned(whole, alignment: alignment),
        unsafe LargeBlock.record(start, whole, length: size, alignment: alignment, heap)
      else { return Heap.fail() }
      Syscalls.errorNumber = before
      return start
    }
    var isMade = false
    defer { if !isMade { unsafe heap.pointee.guards.giveGuardsBack(2) } }
    // Room for the alignment, and a page on either side.
    let room = whole &+ max(alignment, page) &+ page
    guard
      let place = try? Syscalls.mapNothing(size: ByteCount(room)).rawValue
    else { return Heap.fail() }
    let step = UInt(max(alignment, page))
    let start = (place &+ UInt(page) &+ step &- 1) & ~(step &- 1)
    let lower = VirtualAddress(rawValue: place)
    let guardStart = VirtualAddress(rawValue: start &- UInt(page))
    let end = VirtualAddress(rawValue: start &+ UInt(whole &+ page))
    let upper = lower + ByteCount(room)
    if guardStart > lower { Syscalls.unmapOwn(lower, size: guardStart - lower) }
    if upper > end { Syscalls.unmapOwn(end, size: upper - end) }
    let range = VirtualAddress(rawValue: start)
    guard Syscalls.makeAccessible(range, size: ByteCount(whole)),
      unsafe LargeBlock.record(
        start, whole, length: size, alignment: alignment, isGuarded: true, heap)
    else {
      Syscalls.unmapOwn(guardStart, size: end - guardStart)
      return Heap.fail()
    }
    isMade = true
    Syscalls.errorNumber = before
    return start
  }

  static func release(
    _ block: UInt, _ heap: UnsafeMutablePointer<Heap>, function: StaticString
  ) {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    guard let (slot, found) = unsafe heap.pointee.blocks.table.claim(address) else {
      MisuseMessage.abort(function: function, address, unsafe heap.pointee.blocks.diagnose(address))
    }
    let size = found.reservation.size
    let page = ByteCount(Heap.pageSize)
    let end = (found.start + size).rawValue
    if found.isGuarded, !BlockSeal.isZero((found.start + found.length).rawValue, end) {
      MisuseMessage.abort(function: function, address, .overflown)
    }
    unsafe heap.pointee.blocks.table.vacate(slot, of: address)
    if found.isGuarded {
      unsafe heap.pointee.guards.giveGuardsBack(2)
      let start = VirtualAddress(rawValue: block &- UInt(page.rawValue))
      Syscalls.unmapOwn(start, size: size + page + page)
    } else {
      found.reservation.release()
    }
    Syscalls.errorNumber = before
  }
}
