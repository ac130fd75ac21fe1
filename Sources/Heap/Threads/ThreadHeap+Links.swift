// SPDX-License-Identifier: MIT

// Spans in the hardened mode: links that can't be forged, and a page behind the last block that can't
// be accessed.
//
//     ├ slot ──────────────────────────────┤ slot ─────────────────── …
//     ├─ block ─┬─ block ─┬ … ┬─ block ─┬──┼─ guard ─┼─ block ─┬─ …
//
// A link is stored as link ⊕ key ⊕ (where it is stored ≫ 12). Whoever does not know the key can't make
// one that leads into the span; nor can one be copied from elsewhere. The slot of records in front of a
// segment's first span ends in a guard, too: so there is one on both sides of each run of blocks.
//
// A span is given back without its guard. Each costs the process one more mapping, of which Linux
// allows 65,530 unless told otherwise (vm.max_map_count), and where there are no more left nobody in the
// program can map anything or start a thread: so guards take half of them at most, and further spans have
// none. Nor have they on machines whose pages
// are larger than 16 KiB.

internal import Pages
internal import System

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  func encode(_ link: UInt, at place: UInt) -> UInt {
    unsafe link ^ pointee.linkKey ^ (place &>> 12)
  }

  /// Takes a block from a free list whose links are encoded, after a look at it: since it was freed
  /// nobody may have written to it. The hardened mode's lock is held.
  func takeChecked(_ block: UInt, from span: SpanPointer) -> UInt {
    let link = unsafe encode(BlockMemory.word(block), at: block)
    let size = unsafe UInt(span.pointee.blockSize)
    let end = block &+ size &- UInt(BlockSeal.trailer)
    let isLink =
      unsafe link == 0
      || link >= span.pointee.start && link < span.pointee.bump
        && (link &- span.pointee.start) % size == 0
    let isUntouched = unsafe pointee.heap.pointee.seal.isFree(block, end: end)
    guard isLink, isUntouched else {
      MisuseMessage.abort(function: "malloc", VirtualAddress(rawValue: block), .usedAfterFree)
    }
    unsafe span.issueFree(next: link)
    Syscalls.clear(block, Int(size))
    unsafe pointee.cleared = Int(size)
    return block
  }

  /// Takes back a block of a span that is this heap's.
  func releaseChecked(_ block: UInt, _ span: SpanPointer, _ held: borrowing Held) {
    let link = unsafe encode(span.pointee.free, at: block)
    if unsafe span.takeBack(block, link: link) { unsafe settle(span) }
  }

  // MARK: Guards

  private func guardPage(_ span: SpanPointer) -> VirtualAddress {
    let end = unsafe span.pointee.start &+ UInt(Int(span.pointee.slots) &* Segment.slotSize)
    return VirtualAddress(rawValue: end &- UInt(SpanGuard.size))
  }

  /// Makes a new span's last page inaccessible; returns how many blocks of a size lie in front of it.
  func setGuard(_ span: SpanPointer, _ size: Int) -> Int {
    let page = unsafe guardPage(span)
    unsafe span.pointee.isGuarded = pointee.heap.pointee.guards.takeGuards(1)
    if unsafe span.pointee.isGuarded { SpanGuard.set(page) }
    return unsafe Int(page.rawValue &- span.pointee.start) / size
  }

  /// Makes the page accessible again; returns false where the kernel can't.
  func removeGuard(_ span: SpanPointer) -> Bool {
    if unsafe SpanGuard.size == 0 || !span.pointee.isGuarded { return true }
    let before = Syscalls.errorNumber
    defer { Syscalls.errorNumber = before }
    guard unsafe Syscalls.makeAccessible(guardPage(span), size: ByteCount(SpanGuard.size)) else {
      return false
    }
    unsafe span.pointee.isGuarded = false
    unsafe pointee.heap.pointee.guards.giveGuardsBack(1)
    return true
  }
}
