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

/// What a purge has in hand of a segment while it holds no lock. In a fork's child nobody goes on with it.
@safe struct PurgedSlots {
  var segment: SegmentPointer? = nil
  /// Slots that were vacant and dirty.
  var slots: UInt64 = 0
  /// First slots of claimed spans.
  var spans: UInt64 = 0
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Gives back the memory of spans that are returned, as a part of a tick; with `all`, of those that have been
  /// for less than a tick, too. Returns whether there is anything for the next one.
  func discardReturned(all: Bool) -> Bool {
    let count = unsafe pointee.returnedSpans.exchange(0, ordering: .relaxed)
    let (newest, areAwaited) = unsafe guarded.withLock { shared, _ in
      unsafe (shared.threads.newest, shared.purge.awaitsReturned)
    }
    guard all || count > 0 || areAwaited else { return false }
    // Threads' heaps stay for ever, and so does their list.
    var thread = unsafe newest
    while let owner = unsafe thread {
      unsafe owner.openParcels(all: all)
      unsafe thread = owner.pointee.nextOfAll
    }
    var isLeft = false
    // Only a purge takes segments out: the next one stays the next one.
    var candidate = unsafe guarded.withLock { shared, _ in unsafe shared.slots.newest }
    while let segment = unsafe candidate {
      if unsafe discardReturned(of: segment, all: all) { isLeft = true }
      unsafe candidate = segment.pointee.nextOfAll
    }
    unsafe guarded.withLock { shared, _ in shared.purge.awaitsReturned = isLeft }
    return isLeft
  }

  private func discardReturned(of segment: SegmentPointer, all: Bool) -> Bool {
    var lists = InlineArray<64, UInt>(repeating: 0)
    let (claimed, isLeft) = unsafe guarded.withLock { shared, held in
      let returned = unsafe Self.returnedSpans(of: segment, held)
      let due = unsafe all ? returned : returned & segment.pointee.returned
      unsafe segment.pointee.returned = returned & ~due
      var claimed: UInt64 = 0
      for slot in 1..<Segment.slotCount where due &>> UInt64(slot) & 1 != 0 {
        guard let list = unsafe Remote.claim(segment.span(slot)) else { continue }
        lists[slot] = list
        claimed |= 1 &<< UInt64(slot)
      }
      unsafe shared.purge.inHand = PurgedSlots(segment: segment, spans: claimed)
      return (claimed, returned & ~due != 0)
    }
    if claimed == 0 { return isLeft }
    for slot in 1..<Segment.slotCount where claimed &>> UInt64(slot) & 1 != 0 {
      let span = unsafe segment.span(slot)
      let word = unsafe Self.discard(span) ? HeapSpan.renewed : lists[slot]
      // First this: a fork's child must not do again what an owner may have seen. Between the two it loses one.
      unsafe guarded.withLock { shared, _ in
        shared.purge.inHand.spans &= ~(1 &<< UInt64(slot))
      }
      unsafe Remote.settle(span, word)
    }
    return isLeft
  }

  /// The first slots of those spans of a segment of which others freed all blocks.
  private static func returnedSpans(of segment: SegmentPointer, _ held: borrowing Held) -> UInt64 {
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
    return returned
  }

  /// Makes a claimed span's slots clean; returns whether the kernel did.
  fileprivate static func discard(_ span: SpanPointer) -> Bool {
    let count = unsafe Int(span.pointee.slots)
    guard unsafe LargeBlock.discard(span.pointee.start, count &* Segment.slotSize) else {
      return false
    }
    let segment = unsafe SegmentPointer(containing: UInt(bitPattern: span))
    let first = unsafe span.slot
    for slot in first..<(first &+ count) { unsafe segment.span(slot).pointee.dirty = 0 }
    return true
  }
}

extension HeapShared {
  /// In a fork's child: what the parent's purge had in hand is put back, or done again.
  mutating func finishCleaning() {
    let (left, balanced) = (purge.inHand, purge.inBalance)
    purge.inHand = PurgedSlots()
    purge.inBalance = PurgedSlots()
    purge.isBalancing = false
    if let segment = unsafe balanced.segment {
      unsafe slots.endCleaning(segment, balanced.slots, refused: balanced.slots)
    }
    guard let segment = unsafe left.segment else { return }
    if left.slots != 0 { unsafe slots.endCleaning(segment, left.slots, refused: left.slots) }
    for slot in 1..<Segment.slotCount where left.spans &>> UInt64(slot) & 1 != 0 {
      let span = unsafe segment.span(slot)
      if unsafe UnsafeMutablePointer<Heap>.discard(span) {
        unsafe Remote.settle(span, HeapSpan.renewed)
      }
    }
  }
}
