// SPDX-License-Identifier: MIT

// Spans whose blocks were all freed by other threads while their owner doesn't look: it sleeps, or it
// belongs to the parent of a fork.
//
//     freer             remote                    purge                           owner, some time
//     push the last ──▶ [all blocks] ── tick ──▶ claim ─▶ discard ─▶ [renewed] ──▶ collect: all blocks, zero
//
// To the owner a claimed span looks as if its blocks were in use yet. Nobody has any of them, so that
// their memory is the purge's. What is returned at one tick only is left alone: where threads hand blocks
// to each other all the time, the owner will look.
//
// Locks: the heap's guards the claim, for a span must not go back between the look and it; discarding needs none,
// for a claimed span can't.

internal import Pages
internal import Synchronization
internal import System

/// What the purge has in hand of a segment. In a fork's child nobody goes on with it.
@safe struct BeingCleaned {
  var segment: SegmentPointer? = nil
  /// Slots that were vacant and dirty.
  var slots: UInt64 = 0
  /// First slots of claimed spans.
  var spans: UInt64 = 0
}

extension Heap {
  /// Spans for whose return a tick is worth its price.
  private static var worthwhile: Int { 16 }

  /// All blocks of a span were freed by others: sees to it that its memory goes back some time.
  @inline(never)
  static func expectReturned() {
    guard let heap = unsafe Heap.existing else { return }
    // An estimate: two at the same time may count as one.
    let count = unsafe heap.pointee.returnedSpans.load(ordering: .relaxed) &+ 1
    unsafe heap.pointee.returnedSpans.store(count, ordering: .relaxed)
    if count >= worthwhile { unsafe heap.expectPurge(count &* Segment.slotSize) }
  }
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Gives back the memory of spans that are returned, as a part of a tick; with `all`, of those that have been
  /// for less than a tick, too. Returns whether there is anything for the next one.
  func discardReturned(all: Bool) -> Bool {
    let count = unsafe pointee.returnedSpans.exchange(0, ordering: .relaxed)
    unsafe pointee.lock.lock()
    var thread = unsafe pointee.newestThread
    let areAwaited = unsafe pointee.awaitsReturned
    unsafe pointee.lock.unlock()
    guard all || count > 0 || areAwaited else { return false }
    // Threads' heaps stay for ever, and so does their list.
    while let owner = unsafe thread {
      unsafe owner.openParcels(all: all)
      unsafe thread = owner.pointee.nextOfAll
    }
    unsafe pointee.lock.lock()
    var areAwaitedNow = false
    var candidate = unsafe pointee.newest
    while let segment = unsafe candidate {
      if unsafe discardReturned(of: segment, all: all) { areAwaitedNow = true }
      unsafe candidate = segment.pointee.nextOfAll
    }
    unsafe pointee.awaitsReturned = areAwaitedNow
    unsafe pointee.lock.unlock()
    return areAwaitedNow
  }

  /// The lock is held, and let go of while pages are discarded. No segment goes meanwhile: only the purge
  /// removes them.
  private func discardReturned(of segment: SegmentPointer, all: Bool) -> Bool {
    var returned: UInt64 = 0
    var slot = 1
    while slot < Segment.slotCount {
      let span = unsafe segment.span(slot)
      switch unsafe span.pointee.state {
      case .current, .available, .full:
        if unsafe Remote.isReturned(span) { returned |= 1 &<< UInt64(slot) }
        slot &+= unsafe max(Int(span.pointee.slots), 1)
      case .medium: slot &+= unsafe max(Int(span.pointee.slots), 1)
      case .vacant: slot &+= 1
      }
    }
    let due = unsafe all ? returned : returned & segment.pointee.returned
    unsafe segment.pointee.returned = returned & ~due
    if due != 0 { unsafe claimAndDiscard(due, of: segment) }
    return returned & ~due != 0
  }

  private func claimAndDiscard(_ due: UInt64, of segment: SegmentPointer) {
    var lists = InlineArray<64, UInt>(repeating: 0)
    var claimed: UInt64 = 0
    for slot in 1..<Segment.slotCount where due &>> UInt64(slot) & 1 != 0 {
      if let list = unsafe Remote.claim(segment.span(slot)) {
        lists[slot] = list
        claimed |= 1 &<< UInt64(slot)
      }
    }
    unsafe pointee.beingCleaned = BeingCleaned(segment: segment, spans: claimed)
    unsafe pointee.lock.unlock()
    for slot in 1..<Segment.slotCount where claimed &>> UInt64(slot) & 1 != 0 {
      let span = unsafe segment.span(slot)
      let word = unsafe discard(span) ? HeapSpan.renewed : lists[slot]
      // First this: a fork's child must not do again what an owner may have seen. Between the two it loses one.
      unsafe pointee.beingCleaned.spans &= ~(1 &<< UInt64(slot))
      unsafe Remote.settle(span, word)
    }
    unsafe pointee.lock.lock()
    unsafe pointee.beingCleaned = BeingCleaned()
  }

  /// Makes a claimed span's slots clean; returns whether the kernel did.
  private func discard(_ span: SpanPointer) -> Bool {
    let count = unsafe Int(span.pointee.slots)
    guard unsafe LargeBlock.discard(span.pointee.start, count &* Segment.slotSize) else {
      return false
    }
    let segment = unsafe SegmentPointer(containing: UInt(bitPattern: span))
    let first = unsafe span.slot
    for slot in first..<(first &+ count) { unsafe segment.span(slot).pointee.dirty = 0 }
    return true
  }

  /// In a fork's child: what the parent's purge had in hand is put back, or done again.
  func finishCleaning() {
    let left = unsafe pointee.beingCleaned
    unsafe pointee.beingCleaned = BeingCleaned()
    guard let segment = unsafe left.segment else { return }
    unsafe segment.pointee.vacant |= left.slots
    unsafe segment.pointee.dirty |= left.slots
    unsafe pointee.dirtySlots &+= left.slots.nonzeroBitCount
    if left.slots != 0 { unsafe pointee.list(segment) }
    for slot in 1..<Segment.slotCount where left.spans &>> UInt64(slot) & 1 != 0 {
      let span = unsafe segment.span(slot)
      if unsafe discard(span) { unsafe Remote.settle(span, HeapSpan.renewed) }
    }
  }
}
