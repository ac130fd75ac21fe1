// SPDX-License-Identifier: MIT

// The heap's invariants, as its files state them, checked while the program runs. What the lock guards is
// checked with the lock held; of threads' heaps the caller's own, which nobody else changes, and those that
// are parked, which have no thread. So any thread may ask at any time, and other threads go on.
//
//     segments     dirty ⊆ vacant, idle ⊆ dirty; listed iff a slot is vacant; clean iff the record says so
//     counters     segments, dirty slots, bytes of free ranges
//     records      the slots of a span lead to its first; a vacant slot is nobody's
//     a thread     current spans, the table by sizes, available lists, full spans (ThreadHeap+Invariants.swift)
//     blocks       the table of large ones, where nobody else uses it
//
// Nothing here takes memory: what is found is handed on as it is found. `checkInvariants` makes strings of it
// where there is a Swift heap to make them in.

internal import Pages
internal import Synchronization

extension Heap {
  /// Reports what is broken of the process's heap on standard error; returns how much.
  ///
  /// - Parameter isQuiet: no other thread uses the heap meanwhile.
  /// - Complexity: O(segments + large blocks + the calling thread's blocks)
  package static func reportFaults(isQuiet: Bool) -> Int {
    var count = 0
    findFaults(isQuiet: isQuiet) { rule, place in
      count &+= 1
      if count <= 20 { Checked.report(rule, place) }
    }
    return count
  }

  #if !hasFeature(Embedded)
    /// What is broken of the process's heap, a sentence each; empty where all is well.
    package static func checkInvariants(isQuiet: Bool = false) -> [String] {
      var found: [String] = []
      findFaults(isQuiet: isQuiet) { rule, place in
        found.append("\(rule), at 0x\(String(place, radix: 16))")
      }
      return found
    }
  #endif

  /// Hands on each rule that is broken.
  static func findFaults(isQuiet: Bool, _ report: Fault) {
    guard let heap = unsafe Heap.existing else { return }
    if unsafe heap.pointee.settings.isHardened {
      unsafe heap.pointee.hardened.lock.withLock { held in
        unsafe heap.pointee.hardened.findFaults(held, report)
        if let thread = unsafe heap.pointee.hardened.thread { unsafe thread.findFaults(report) }
      }
    }
    if let thread = unsafe ThreadHeap.existing { unsafe thread.findFaults(report) }
    unsafe heap.guarded.withLock { shared, _ in unsafe heap.findFaults(in: shared, report) }
    guard isQuiet else { return }
    if unsafe !heap.pointee.blocks.checkInvariants() {
      report("the table of large blocks is in disorder", UInt(bitPattern: heap))
    }
    unsafe heap.findNoticeFaults(report)
  }
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Where no other thread frees, a span that awaits notice is on its owner's pending list.
  fileprivate func findNoticeFaults(_ report: Heap.Fault) {
    unsafe guarded.withLock { shared, _ in
      var next = unsafe shared.slots.newest
      while let segment = unsafe next {
        unsafe next = segment.pointee.nextOfAll
        for slot in 1..<Segment.slotCount {
          let span = unsafe segment.span(slot)
          guard unsafe span.pointee.state != .vacant, unsafe span.pointee.awaitsNotice,
            let owner = unsafe ThreadHeapPointer(bitPattern: span.pointee.owner & ~HeapSpan.watched)
          else { continue }
          if unsafe !owner.isTold(of: span) {
            report("a span awaits a notice that nobody gives", UInt(bitPattern: span))
          }
        }
      }
    }
  }

  /// What the lock guards.
  fileprivate func findFaults(in shared: borrowing HeapShared, _ report: Heap.Fault) {
    var segments = 0
    var dirty = 0
    var listed = 0
    var next = unsafe shared.slots.newest
    while let segment = unsafe next {
      unsafe next = segment.pointee.nextOfAll
      segments &+= 1
      unsafe dirty &+= segment.pointee.dirty.nonzeroBitCount
      if unsafe segment.pointee.isListed { listed &+= 1 }
      unsafe findFaults(in: segment, report)
    }
    let place = UInt(bitPattern: self)
    if segments != shared.slots.segmentCount { report("segments are miscounted", place) }
    if dirty != shared.slots.dirtySlots { report("dirty slots are miscounted", place) }
    var previous: SegmentPointer?
    unsafe next = shared.slots.listed
    while let segment = unsafe next, listed > 0 {
      listed &-= 1
      if unsafe segment.pointee.previous != previous || !segment.pointee.isListed {
        unsafe report("a listed segment's links are wrong", segment.start)
      }
      unsafe previous = segment
      unsafe next = segment.pointee.next
    }
    if unsafe listed != 0 || next != nil {
      report("the list of segments is not of those listed", place)
    }
    if !shared.large.ranges.checkInvariants() { report("the free ranges are in disorder", place) }
    if shared.large.ranges.zeroCommitted > shared.large.ranges.zeroBytes {
      report("more is committed in zero ranges than they have", place)
    }
    var parked = unsafe shared.threads.parked
    while let thread = unsafe parked {
      unsafe parked = thread.pointee.nextParked
      unsafe thread.findFaults(report, isParked: true)
    }
  }

  private func findFaults(in segment: SegmentPointer, _ report: Heap.Fault) {
    let start = unsafe segment.start
    let vacant = unsafe segment.pointee.vacant
    let dirty = unsafe segment.pointee.dirty
    if unsafe !pointee.map.contains(start) { report("a segment is not in the map", start) }
    if dirty & ~vacant != 0 { report("a slot is dirty and not vacant", start) }
    if unsafe segment.pointee.idle & ~dirty != 0 { report("a slot is idle and not dirty", start) }
    if vacant & 1 != 0 { report("the records' slot is vacant", start) }
    if unsafe segment.pointee.isListed != (vacant != 0) {
      report("a segment is listed and has no vacant slot, or the other way round", start)
    }
    var slot = 1
    while slot < Segment.slotCount {
      let span = unsafe segment.span(slot)
      let place = UInt(bitPattern: span)
      if vacant &>> UInt64(slot) & 1 != 0 {
        if unsafe span.pointee.state != .vacant || span.pointee.owner != 0 || span.pointee.back != 0
        {
          report("a vacant slot is somebody's", place)
        }
        if unsafe (span.pointee.dirty != 0) != (dirty &>> UInt64(slot) & 1 != 0) {
          report("a vacant slot is clean, and its record says otherwise", place)
        }
        slot &+= 1
        continue
      }
      // One that was just taken, or is being cleaned, is vacant by its state yet.
      if unsafe span.pointee.state == .vacant {
        slot &+= 1
        continue
      }
      let count = unsafe Int(span.pointee.slots)
      if unsafe count < 1 || slot &+ count > Segment.slotCount || span.pointee.back != 0
        || span.pointee.start != segment.address(slot)
      {
        report("a span does not begin at its first slot", place)
        slot &+= 1
        continue
      }
      for inner in 1..<max(count, 1) where inner < count {
        let record = unsafe segment.span(slot &+ inner)
        if unsafe Int(record.pointee.back) != inner &* HeapSpan.stride
          || vacant &>> UInt64(slot &+ inner) & 1 != 0
        {
          report("a slot of a span does not lead to its first", UInt(bitPattern: record))
        }
      }
      slot &+= count
    }
  }
}
