// SPDX-License-Identifier: MIT

// The invariants of a thread's heap; see Heap+Invariants.swift. They hold between any two of its verbs, for
// its own thread, and for whoever holds the heap's lock once it is parked.
//
//     a class      one current span, or the empty one; `direct` leads to it
//     available    a ring through `previous`, a list through `next`, each span of this class and owner
//     a span       issued blocks − free ones = its countdown, less `never` where it is current
//     full         no block at hand, countdown 1, and somebody will tell
//     pending      spans of this owner
//
// What other threads have freed into a span counts as issued until it is collected: they are looked at by
// nobody here.

internal import Synchronization

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  func findFaults(_ report: Heap.Fault, isParked: Bool = false) {
    var available = 0
    var current = 0
    for index in 0..<SizeClass.count {
      let span = unsafe pointee.current[unchecked: index]
      if unsafe span != emptySpan {
        current &+= 1
        if isParked { report("a parked heap has a current span", UInt(bitPattern: span)) }
        unsafe findFaults(in: span, index, .current, report)
      }
      unsafe available &+= findAvailableFaults(index, report)
    }
    if unsafe emptySpan.pointee.free != 0 || emptySpan.pointee.bump != emptySpan.pointee.limit {
      unsafe report("the empty span has a block", UInt(bitPattern: emptySpan))
    }
    if unsafe pointee.isQuick { unsafe findDirectFaults(report) }
    unsafe findPendingFaults(report)
    // The walk through all segments needs the lock, which a parked heap's caller holds.
    if isParked { return }
    unsafe pointee.heap.guarded.withLock { shared, _ in
      var next = unsafe shared.slots.newest
      while let segment = unsafe next {
        unsafe next = segment.pointee.nextOfAll
        for slot in 1..<Segment.slotCount {
          let span = unsafe segment.span(slot)
          guard unsafe span.pointee.owner & ~HeapSpan.watched == UInt(bitPattern: self) else {
            continue
          }
          switch unsafe span.pointee.state {
          case .current: current &-= 1
          case .available: available &-= 1
          case .full: unsafe findFullFaults(span, report)
          case .medium, .vacant:
            report("a span has an owner that owns none", UInt(bitPattern: span))
          }
        }
      }
    }
    if current != 0 { report("a span is current and not its class's", UInt(bitPattern: self)) }
    if available != 0 { report("a span is available and in no list", UInt(bitPattern: self)) }
    let grown = unsafe pointee.grown.start
    if grown != 0 {
      let span = unsafe SpanPointer(containing: grown)
      if unsafe span.pointee.owner != UInt(bitPattern: self) | HeapSpan.watched {
        report("the block that grew lies in a span that is not watched", grown)
      } else if unsafe isFree(grown, in: span) {
        report("the block that grew was freed", grown)
      }
    }
  }

  /// Whether a block is on its span's free list.
  private func isFree(_ block: UInt, in span: SpanPointer) -> Bool {
    var next = unsafe span.pointee.free
    while next != 0 {
      if next == block { return true }
      next = unsafe BlockMemory.word(next)
    }
    return false
  }

  /// Whether a span waits to be looked at by this heap.
  func isTold(of span: SpanPointer) -> Bool {
    var next = unsafe pointee.pending.load(ordering: .acquiring)
    while let told = unsafe SpanPointer(bitPattern: next) {
      if unsafe told == span { return true }
      next = unsafe told.pointee.nextPending
    }
    return false
  }

  /// Returns how many spans of a class are available.
  private func findAvailableFaults(_ index: Int, _ report: Heap.Fault) -> Int {
    let first = unsafe pointee.available[unchecked: index]
    var count = 0
    var last = unsafe first
    var next = unsafe first
    while let span = unsafe next {
      unsafe findFaults(in: span, index, .available, report)
      count &+= 1
      unsafe last = span
      unsafe next = span.pointee.next
      if let next = unsafe next, unsafe next.pointee.previous != span {
        report("an available span's links are wrong", UInt(bitPattern: next))
        return count
      }
    }
    if let first = unsafe first, unsafe first.pointee.previous != last {
      report("the first available span does not know the last", UInt(bitPattern: first))
    }
    return count
  }

  private func findDirectFaults(_ report: Heap.Fault) {
    for index in 0..<65 {
      let sizeClass = SizeClass(holding: index &* 16)
      if unsafe pointee.direct[unchecked: index] != pointee.current[unchecked: sizeClass.index] {
        report("the table by sizes does not lead to the current span", UInt(bitPattern: self))
      }
    }
  }

  private func findPendingFaults(_ report: Heap.Fault) {
    var next = unsafe pointee.pending.load(ordering: .acquiring)
    var left = 1 << 20
    while let span = unsafe SpanPointer(bitPattern: next), left > 0 {
      left &-= 1
      next = unsafe span.pointee.nextPending
      if unsafe span.pointee.owner & ~HeapSpan.watched != UInt(bitPattern: self) {
        report("a span is told of to one who does not own it", UInt(bitPattern: span))
        return
      }
    }
    if left == 0 { report("the pending list has no end", UInt(bitPattern: self)) }
  }

  private func findFullFaults(_ span: SpanPointer, _ report: Heap.Fault) {
    let place = UInt(bitPattern: span)
    if unsafe span.pointee.free != 0 || span.pointee.bump != span.pointee.limit {
      report("a full span has blocks", place)
    }
    if unsafe span.pointee.countdown != 1 { report("a full span's countdown is not 1", place) }
    if unsafe !span.pointee.isArmed && !span.pointee.awaitsNotice {
      report("nobody will tell of a full span", place)
    }
  }

  /// A span that has blocks at hand, or is current.
  private func findFaults(
    in span: SpanPointer, _ index: Int, _ state: SpanState, _ report: Heap.Fault
  ) {
    let place = UInt(bitPattern: span)
    if unsafe span.pointee.state != state { report("a span's state is not its list's", place) }
    if unsafe span.pointee.owner & ~HeapSpan.watched != UInt(bitPattern: self) {
      report("a span is not its heap's", place)
    }
    let start = unsafe span.pointee.start
    let bump = unsafe span.pointee.bump
    let size = unsafe span.pointee.step
    guard unsafe Int(span.pointee.sizeClass) == index,
      size == UInt(SizeClass(index: index).blockSize),
      unsafe UInt(span.pointee.blockSize) == size
    else { return report("a span is not of its class", place) }
    guard start <= bump, unsafe bump <= span.pointee.limit, (bump &- start) % size == 0 else {
      return report("a span's bounds are in disorder", place)
    }
    let issued = Int((bump &- start) / size)
    var free = 0
    var block = unsafe span.pointee.free
    while block != 0, free <= issued {
      guard block >= start, block < bump, (block &- start) % size == 0 else {
        return report("a free block is not one of its span's", block)
      }
      free &+= 1
      let link = unsafe BlockMemory.word(block)
      block = unsafe pointee.linkKey == 0 ? link : encode(link, at: block)
    }
    if free > issued { return report("a free list has no end", place) }
    if unsafe span.pointee.live != issued &- free {
      report("a span's countdown is not what its free list says", place)
    }
  }
}
