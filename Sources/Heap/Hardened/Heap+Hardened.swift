// SPDX-License-Identifier: MIT

// The verbs in the hardened mode; see Hardened.swift.

internal import Pages
internal import Reservations
internal import System

extension UnsafeMutablePointer where Pointee == Heap {
  /// A block with a canary, or one between guard pages.
  func allocateHardened(_ size: Int, alignment: Int) -> UInt {
    guard size >= 0, size <= Heap.largestSize else { return Heap.fail() }
    if size == 0 {
      let empty = unsafe pointee.hardened.lock.withLock { held in
        unsafe pointee.hardened.empty.allocate(alignment: alignment, held)
      }
      if empty != 0 { return empty }
    }
    // One byte at least, so that a free block has room for a link beside its trailer.
    let whole = max(size, 1) &+ BlockSeal.trailer
    guard whole <= SizeClass.largest, alignment <= SizeClass.largest else {
      return unsafe GuardedBlock.allocate(size, alignment: alignment, self)
    }
    let before = Syscalls.errorNumber
    let sizeClass = SizeClass(holding: whole, alignment: alignment)
    let block = unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.allocate(sizeClass, asked: size, held)
    }
    if block != 0 { return block }
    // Addresses that wait in quarantine may be what is missing.
    guard unsafe AddressQuarantine.empty(self) else { return Heap.fail() }
    let again = unsafe allocateHardened(size, alignment: alignment)
    if again != 0 { Syscalls.errorNumber = before }
    return again
  }

  func releaseHardened(_ block: UInt, function: StaticString) {
    guard unsafe pointee.map.contains(block) else {
      let empty = unsafe pointee.hardened.lock.withLock { held in
        unsafe pointee.hardened.empty.release(block, held)
      }
      switch empty {
      case nil: unsafe GuardedBlock.release(block, self, function: function)
      case .live: break
      case .wrong(let misuse):
        MisuseMessage.abort(function: function, VirtualAddress(rawValue: block), misuse)
      }
      return
    }
    unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.release(block, function: function, held)
    }
  }

  /// What is known of an address; nil where it lies neither in a segment nor among the blocks of no bytes.
  private func verdictHardened(_ block: UInt) -> Hardened.Verdict? {
    let isInSegment = unsafe pointee.map.contains(block)
    return unsafe pointee.hardened.lock.withLock { held in
      unsafe isInSegment
        ? pointee.hardened.verdict(block, SpanPointer(containing: block), held)
        : pointee.hardened.empty.verdict(block, held)
    }
  }

  /// The size that was asked for; nil where no block begins there.
  func usableSizeHardened(_ block: UInt) -> Int? {
    switch unsafe verdictHardened(block) {
    case .live(let size): size
    case .wrong: nil
    case nil: unsafe pointee.blocks.length(of: VirtualAddress(rawValue: block))?.rawValue
    }
  }

  /// What is known of an address that no live block begins at.
  func diagnoseHardened(_ block: UInt) -> Misuse {
    switch unsafe verdictHardened(block) {
    case .live: .unknown
    case .wrong(let misuse): misuse
    case nil: unsafe diagnoseLarge(block)
    }
  }

  private func diagnoseLarge(_ block: UInt) -> Misuse {
    // Another block may have taken its slot in the table.
    let waits = unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.addresses.holds(block, held)
    }
    return waits ? .freed : unsafe pointee.blocks.diagnose(VirtualAddress(rawValue: block))
  }

  /// Whether an address lies among the blocks of no bytes.
  func isEmptyBlock(_ block: UInt) -> Bool {
    unsafe pointee.hardened.lock.withLock { held in
      unsafe pointee.hardened.empty.verdict(block, held) != nil
    }
  }

  /// Whether the block that begins there lies between guards: then its pages are not to be moved.
  func isGuarded(_ block: UInt) -> Bool {
    unsafe pointee.blocks.table.block(at: VirtualAddress(rawValue: block))?.isGuarded ?? false
  }

  /// Makes the slack of a block between guards anew, some of whose pages were discarded.
  func restoreSlack(_ block: UInt) {
    guard let found = unsafe pointee.blocks.table.block(at: VirtualAddress(rawValue: block)),
      found.isGuarded
    else { return }
    let end = (found.start + found.reservation.size).rawValue
    unsafe pointee.seal.fillSlack((found.start + found.length).rawValue, end)
  }

  @inline(never)
  func resizeHardened(_ block: UInt, _ size: Int) -> UInt {
    guard let old = unsafe usableSizeHardened(block) else {
      MisuseMessage.abort(
        function: "realloc", VirtualAddress(rawValue: block), unsafe diagnoseHardened(block))
    }
    let moved = unsafe allocateHardened(size, alignment: 16)
    if moved == 0 { return 0 }
    unsafe Syscalls.copyBytes(from: block, to: moved, min(old, size))
    unsafe releaseHardened(block, function: "realloc")
    return moved
  }
}
