// SPDX-License-Identifier: MIT

// Slots are taken and given back here; what they are used for is told by ``HeapSpan``. Everything in this
// file is called with the lock held.

internal import Pages
internal import System

extension Heap {
  /// Segments that are searched for a run before a new one is mapped. Single slots are found in the
  /// first; a long search would cost more than the address space that it saves.
  private static let searchLimit = 32

  /// Takes a run of vacant slots; returns the first one's record, with `slots` and `start` set.
  mutating func takeSlots(_ count: Int) -> SpanPointer? {
    var candidate = unsafe listed
    var tries = 0
    while let segment = unsafe candidate, tries < Self.searchLimit {
      if let slot = unsafe Self.findRun(count, in: segment) {
        return unsafe take(slot, count, of: segment)
      }
      unsafe candidate = segment.pointee.next
      tries &+= 1
    }
    guard let segment = unsafe makeSegment() else { return nil }
    return unsafe take(1, count, of: segment)
  }

  /// A dirty run rather than a clean one: it is committed already.
  private static func findRun(_ count: Int, in segment: SegmentPointer) -> Int? {
    if let slot = unsafe Segment.run(of: count, in: segment.pointee.dirty) { return slot }
    return unsafe Segment.run(of: count, in: segment.pointee.vacant)
  }

  private mutating func take(_ slot: Int, _ count: Int, of segment: SegmentPointer) -> SpanPointer {
    let mask = Segment.mask(slot, count)
    let dirty = unsafe (segment.pointee.dirty & mask).nonzeroBitCount
    dirtySlots &-= dirty
    freshlyTaken &+= (count &- dirty) &* Segment.slotSize
    unsafe segment.pointee.vacant &= ~mask
    unsafe segment.pointee.dirty &= ~mask
    unsafe segment.pointee.idle &= ~mask
    if unsafe segment.pointee.vacant == 0 { unsafe unlist(segment) }
    let span = unsafe segment.span(slot)
    unsafe span.pointee.slots = UInt16(truncatingIfNeeded: count)
    unsafe span.pointee.start = segment.address(slot)
    for inner in 0..<count {
      unsafe segment.span(slot &+ inner).pointee.back = UInt32(
        truncatingIfNeeded: inner &* HeapSpan.stride)
    }
    return unsafe span
  }

  /// Makes a span's slots vacant, of which the bytes from `start` up to `end` may not be zero.
  mutating func giveBack(_ span: SpanPointer, dirtyUpTo end: UInt) {
    let segment = unsafe SegmentPointer(containing: UInt(bitPattern: span))
    let slot = unsafe span.slot
    let count = unsafe Int(span.pointee.slots)
    unsafe span.becomeVacant()
    var dirty: UInt64 = 0
    for inner in 0..<count {
      let record = unsafe segment.span(slot &+ inner)
      let begin = unsafe segment.address(slot &+ inner)
      unsafe record.pointee.back = 0
      if end > begin {
        let bytes = min(end &- begin, UInt(Segment.slotSize))
        unsafe record.pointee.dirty = max(record.pointee.dirty, UInt32(truncatingIfNeeded: bytes))
      }
      if unsafe record.pointee.dirty > 0 { dirty |= 1 &<< UInt64(slot &+ inner) }
    }
    unsafe segment.pointee.vacant |= Segment.mask(slot, count)
    unsafe segment.pointee.dirty |= dirty
    dirtySlots &+= dirty.nonzeroBitCount
    unsafe list(segment)
  }

  // MARK: Segments

  private mutating func makeSegment() -> SegmentPointer? {
    if reserve.isEmpty { reserve = mapReserve() ?? 0..<0 }
    guard !reserve.isEmpty else { return nil }
    let start = reserve.lowerBound
    reserve = (start &+ UInt(Segment.size))..<reserve.upperBound
    let segment = unsafe SegmentPointer(containing: start)
    let before = Syscalls.errorNumber
    if wantsHugePages() {
      try? Syscalls.advise(
        VirtualAddress(rawValue: start), size: ByteCount(Segment.size), .hugePages)
    }
    Syscalls.errorNumber = before
    unsafe segment.pointee.vacant = Segment.allSlots
    unsafe segment.pointee.nextOfAll = newest
    unsafe newest = segment
    segmentCount &+= 1
    map.insert(start)
    if settings.isHardened {
      SpanGuard.set(VirtualAddress(rawValue: start &+ UInt(Segment.slotSize &- SpanGuard.size)))
    }
    unsafe list(segment)
    return unsafe segment
  }

  /// Whether small blocks are likely to be touched densely: those of the newest segment are.
  ///
  /// A huge page commits 2 MiB at a touch, and is five times as quick to fault in as what it replaces.
  /// Below 16 MiB it might be much of all there is.
  private mutating func wantsHugePages() -> Bool {
    guard settings.hugePages, segmentCount >= 4, let last = unsafe newest else { return false }
    let committed = unsafe pageTables.committed(last.start, Segment.size, .count)
    return (committed ?? 0) > Segment.size / 10 * 9
  }

  /// Maps address space for some segments: more at once, the more there are.
  private func mapReserve() -> Range<UInt>? {
    let before = Syscalls.errorNumber
    defer { Syscalls.errorNumber = before }
    var count = min(max(segmentCount / 2, 1), 16)
    let size = Segment.size
    while count > 0 {
      let wanted = ByteCount(count &* size &+ size &- Syscalls.pageSize.bytes.rawValue)
      guard let whole = try? Syscalls.mapAnonymous(size: wanted, traits: MappingTraits()) else {
        count /= 2
        continue
      }
      let mask = UInt(size &- 1)
      let start = (whole.rawValue &+ mask) & ~mask
      let end = start &+ UInt(count &* size)
      let upper = (whole + wanted).rawValue
      if start > whole.rawValue {
        Syscalls.unmapOwn(whole, size: ByteCount(Int(start &- whole.rawValue)))
      }
      if upper > end {
        Syscalls.unmapOwn(VirtualAddress(rawValue: end), size: ByteCount(Int(upper &- end)))
      }
      return start..<end
    }
    return nil
  }

  mutating func list(_ segment: SegmentPointer) {
    if unsafe segment.pointee.isListed { return }
    unsafe segment.pointee.isListed = true
    unsafe segment.pointee.previous = nil
    unsafe segment.pointee.next = listed
    if let first = unsafe listed { unsafe first.pointee.previous = segment }
    unsafe listed = segment
  }

  mutating func unlist(_ segment: SegmentPointer) {
    unsafe segment.pointee.isListed = false
    if let next = unsafe segment.pointee.next {
      unsafe next.pointee.previous = segment.pointee.previous
    }
    if let previous = unsafe segment.pointee.previous {
      unsafe previous.pointee.next = segment.pointee.next
    } else {
      unsafe listed = segment.pointee.next
    }
  }
}
