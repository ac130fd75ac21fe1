// SPDX-License-Identifier: MIT

// Blocks freed by another thread than their span's owner.
//
//     other threads            span.remote                      owner
//     push ─── block ──▶ [count | block ▶ block ▶ … | tell] ──── collect: takes all at once
//       └── if tell was set: span ──▶ owner.pending ──────────── takeNews
//
// `remote` is one word: the first block's address, of which Linux never gives a process more than 48 bits
// unasked, in the 16 bits above it the number of blocks, and in its lowest bits *tell* and *renewed*.
//
// The owner *arms* a span, that is, sets tell, when it stops looking at it. One pusher at most finds
// tell set, and puts the span on the pending list. Until that has happened the span *awaits notice*
// and must neither be armed again nor given back, for the pusher still has it in hand.
//
// Where the number is that of all blocks the span has, nobody uses it. An owner that sleeps, or is no more in a
// fork's child, never looks at it: the purge *claims* such a list, as if the blocks were in use again,
// discards the pages, and puts *renewed* in its place (Heap+Returned.swift).
//
// Locks: none. Each step is one atomic exchange; a list is only ever taken whole (no ABA).

internal import Synchronization

enum Remote {
  private static let addresses: UInt = (1 << 48) - 16
  private static let oneBlock: UInt = 1 << 48

  /// Hands a block to its span's owner; returns false where it was the last one to be handed over, too.
  static func push(_ block: UInt, _ span: SpanPointer) -> Bool {
    var old = unsafe span.pointee.remote.load(ordering: .relaxed)
    while true {
      // Of a renewed span no block is in use.
      if old & addresses == block || old & HeapSpan.renewed != 0 { return false }
      unsafe BlockMemory.setWord(block, old & addresses)
      let desired = block | ((old & ~(oneBlock &- 1)) &+ oneBlock)
      let (done, now) = unsafe span.pointee.remote.weakCompareExchange(
        expected: old, desired: desired, successOrdering: .acquiringAndReleasing,
        failureOrdering: .relaxed)
      if done {
        if old & HeapSpan.tell != 0 { unsafe tell(span) }
        if unsafe isWhole(desired, span) { unsafe Heap.existing?.expectReturned() }
        return true
      }
      old = now
    }
  }

  /// Whether a value of `remote` holds all blocks that the span has.
  @inline(__always)
  private static func isWhole(_ word: UInt, _ span: SpanPointer) -> Bool {
    unsafe word &>> 48 == UInt(span.pointee.blocks)
  }

  // MARK: The purge

  /// Whether all blocks of a span were freed by others, and its owner hasn't looked since.
  static func isReturned(_ span: SpanPointer) -> Bool {
    let word = unsafe span.pointee.remote.load(ordering: .acquiring)
    return unsafe word & addresses != 0 && isWhole(word, span)
  }

  /// Takes all blocks of a span that is returned, as somebody who has them in use; nil where it isn't any more.
  static func claim(_ span: SpanPointer) -> UInt? {
    let word = unsafe span.pointee.remote.load(ordering: .acquiring)
    guard word & addresses != 0, unsafe isWhole(word, span),
      unsafe span.pointee.remote.compareExchange(
        expected: word, desired: 0, ordering: .acquiringAndReleasing
      ).exchanged
    else { return nil }
    return word
  }

  /// Gives what was claimed back: the same list, or ``HeapSpan/renewed``.
  static func settle(_ span: SpanPointer, _ word: UInt) {
    // The owner may have armed it. Others have none of its blocks.
    let old = unsafe span.pointee.remote.exchange(word, ordering: .acquiringAndReleasing)
    if old & HeapSpan.tell != 0 { unsafe tell(span) }
  }

  /// Puts a span on its owner's pending list.
  private static func tell(_ span: SpanPointer) {
    guard
      let owner = unsafe ThreadHeapPointer(bitPattern: span.pointee.owner & ~HeapSpan.watched)
    else { return }
    var old = unsafe owner.pointee.pending.load(ordering: .relaxed)
    while true {
      unsafe span.pointee.nextPending = old
      let (done, now) = unsafe owner.pointee.pending.weakCompareExchange(
        expected: old, desired: UInt(bitPattern: span), successOrdering: .releasing,
        failureOrdering: .relaxed)
      if done { return }
      old = now
    }
  }

  /// Moves what other threads freed to the free list; returns how many blocks that were. The caller
  /// takes them off `countdown`.
  static func collect(_ span: SpanPointer) -> Int {
    if unsafe span.pointee.remote.load(ordering: .relaxed) == 0, unsafe !span.pointee.isArmed {
      return 0
    }
    let old = unsafe span.pointee.remote.exchange(0, ordering: .acquiring)
    unsafe span.noteTaken(hadTell: old & HeapSpan.tell != 0)
    if old & ~HeapSpan.tell == 0 { return 0 }
    let owner = unsafe span.pointee.owner
    if owner & HeapSpan.watched != 0 {
      unsafe ThreadHeapPointer(bitPattern: owner & ~HeapSpan.watched)?.unwatch(span)
    }
    if old & HeapSpan.renewed != 0 { return unsafe span.renew() }
    let count = Int(old &>> 48)
    unsafe span.prepend(old & addresses, count: count)
    return count
  }

  /// Asks for notice of the next block; returns false where there is one already.
  static func arm(_ span: SpanPointer) -> Bool {
    let armed = unsafe span.pointee.remote.compareExchange(
      expected: 0, desired: HeapSpan.tell, ordering: .releasing
    ).exchanged
    if armed { unsafe span.noteArmed() }
    return armed
  }
}

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Looks at what others have sent, and at the spans that they have put on the pending list.
  func takeNews() {
    unsafe _ = takeParcels()
    if unsafe pointee.pending.load(ordering: .relaxed) == 0 { return }
    var next = unsafe pointee.pending.exchange(0, ordering: .acquiring)
    while let span = unsafe SpanPointer(bitPattern: next) {
      next = unsafe span.pointee.nextPending
      unsafe span.noteTold()
      unsafe collectNews(span)
    }
  }

  private func collectNews(_ span: SpanPointer) {
    while true {
      let collected = unsafe Remote.collect(span)
      if unsafe span.pointee.state != .full {
        if unsafe span.count(collected: collected) { unsafe becameEmpty(span) }
        return
      }
      if collected > 0 {
        unsafe becameAvailable(span, freed: collected)
        return
      }
      if unsafe Remote.arm(span) { return }
    }
  }
}
