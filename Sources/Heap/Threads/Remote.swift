// SPDX-License-Identifier: MIT

// Blocks freed by another thread than their span's owner.
//
//     other threads            span.remote                  owner
//     push ─── block ──▶ [block ▶ block ▶ … | tell] ──── collect: takes all at once
//       └── if tell was set: span ──▶ owner.pending ──── takeNews
//
// The owner *arms* a span, that is, sets tell, when it stops looking at it. One pusher at most finds
// tell set, and puts the span on the pending list. Until that has happened the span *awaits notice*
// and must neither be armed again nor given back, for the pusher still has it in hand.
//
// Locks: none. Each step is one atomic exchange; a list is only ever taken whole (no ABA).

internal import Synchronization

enum Remote {
  /// Hands a block to its span's owner; returns false where it was the last one to be handed over, too.
  static func push(_ block: UInt, _ span: SpanPointer) -> Bool {
    var old = unsafe span.pointee.remote.load(ordering: .relaxed)
    while true {
      if old & ~HeapSpan.tell == block { return false }
      unsafe BlockMemory.setWord(block, old & ~HeapSpan.tell)
      let (done, now) = unsafe span.pointee.remote.weakCompareExchange(
        expected: old, desired: block, successOrdering: .acquiringAndReleasing,
        failureOrdering: .relaxed)
      if done { break }
      old = now
    }
    if old & HeapSpan.tell != 0 { unsafe tell(span) }
    return true
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
    let head = old & ~HeapSpan.tell
    if head == 0 { return 0 }
    let owner = unsafe span.pointee.owner
    if owner & HeapSpan.watched != 0 {
      unsafe ThreadHeapPointer(bitPattern: owner & ~HeapSpan.watched)?.unwatch(span)
    }
    var count = 1
    var tail = head
    while true {
      let next = unsafe BlockMemory.word(tail)
      if next == 0 { break }
      tail = next
      count &+= 1
    }
    unsafe span.prepend(head, last: tail)
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
