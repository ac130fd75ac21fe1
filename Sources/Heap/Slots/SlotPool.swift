// SPDX-License-Identifier: MIT

// Takes slots and gives them back. ``HeapSpan`` describes what they hold. The pool lies behind the heap's lock.

internal import Pages
internal import System

/// All segments, and the slots in them that no span has.
@safe struct SlotPool: ~Copyable {
  /// Segments with a vacant slot.
  private(set) var listed: SegmentPointer?
  /// The segment made last, and through it all others.
  private(set) var newest: SegmentPointer?
  private(set) var segmentCount = 0
  /// Vacant slots that are not clean.
  private(set) var dirtySlots = 0
  /// Bytes of clean slots that were taken since the last balance.
  var freshlyTaken = 0
  /// Address space that is mapped and no segment yet.
  private var reserve: Range<UInt> = 0..<0
  private let map: SegmentMap
  private let settings: HeapSettings

  init(map: SegmentMap, settings: HeapSettings) {
    unsafe listed = nil
    unsafe newest = nil
    self.map = map
    self.settings = settings
  }

  /// Segments that are searched for a run before a new one is mapped. Single slots are found in the
  /// first; a long search would cost more than the address space that it saves.
  private static let searchLimit = 32

  /// Takes a run of vacant slots; returns the first one's record, with `slots` and `start` set.
  mutating func takeSlots(_ count: Int, _ tables: borrowing PageTables) -> SpanPointer? {
    var candidate = unsafe listed
    var tries = 0
    while let segment = unsafe candidate, tries < Self.searchLimit {
      if let slot = unsafe Self.findRun(count, in: segment) {
        return unsafe take(slot, count, of: segment)
      }
      unsafe candidate = segment.pointee.next
      tries &+= 1
    }
    guard let segment = unsafe makeSegment(tables) else { return nil }
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

  private mutating func makeSegment(_ tables: borrowing PageTables) -> SegmentPointer? {
    if reserve.isEmpty { reserve = mapReserve() ?? 0..<0 }
    guard !reserve.isEmpty else { return nil }
    let start = reserve.lowerBound
    reserve = (start &+ UInt(Segment.size))..<reserve.upperBound
    let segment = unsafe SegmentPointer(containing: start)
    let before = Syscalls.errorNumber
    if wantsHugePages(tables) {
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
  private func wantsHugePages(_ tables: borrowing PageTables) -> Bool {
    guard settings.hugePages, segmentCount >= 4, let last = unsafe newest else { return false }
    let committed = unsafe tables.committed(last.start, Segment.size, .count)
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

  private mutating func list(_ segment: SegmentPointer) {
    if unsafe segment.pointee.isListed { return }
    unsafe segment.pointee.isListed = true
    unsafe segment.pointee.previous = nil
    unsafe segment.pointee.next = listed
    if let first = unsafe listed { unsafe first.pointee.previous = segment }
    unsafe listed = segment
  }

  private mutating func unlist(_ segment: SegmentPointer) {
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

  // MARK: Purging

  /// The first segment with a dirty slot.
  var firstDirty: SegmentPointer? {
    var candidate = unsafe listed
    while let segment = unsafe candidate, unsafe segment.pointee.dirty == 0 {
      unsafe candidate = segment.pointee.next
    }
    return unsafe candidate
  }

  /// Takes a segment's dirty slots, at most so many, of all or of the idle ones, to give their pages back: they are nobody's until
  /// ``endCleaning(_:_:refused:)``.
  mutating func beginCleaning(
    _ segment: SegmentPointer, all: Bool, most: Int = Segment.slotCount
  ) -> UInt64 {
    var slots = unsafe all ? segment.pointee.dirty : segment.pointee.idle
    while slots.nonzeroBitCount > most { slots &= slots &- 1 }
    if slots == 0 { return 0 }
    unsafe segment.pointee.vacant &= ~slots
    unsafe segment.pointee.dirty &= ~slots
    unsafe segment.pointee.idle &= ~slots
    dirtySlots &-= slots.nonzeroBitCount
    if unsafe segment.pointee.vacant == 0 { unsafe unlist(segment) }
    return slots
  }

  /// Makes those slots vacant again: clean, unless the kernel has refused some.
  mutating func endCleaning(_ segment: SegmentPointer, _ slots: UInt64, refused: UInt64) {
    for slot in 1..<Segment.slotCount where (slots & ~refused) &>> UInt64(slot) & 1 != 0 {
      unsafe segment.span(slot).pointee.dirty = 0
    }
    unsafe segment.pointee.vacant |= slots
    unsafe segment.pointee.dirty |= refused
    dirtySlots &+= refused.nonzeroBitCount
    unsafe list(segment)
  }

  /// A tick: what is dirty is idle from now on, and a segment of which nothing is used is unmapped, if it may go.
  /// Returns whether it is still there.
  mutating func age(
    _ segment: SegmentPointer, behind previous: SegmentPointer?, mayGo: Bool
  ) -> Bool {
    unsafe segment.pointee.idle = segment.pointee.dirty
    guard mayGo, unsafe segment.pointee.vacant == Segment.allSlots,
      unsafe segment.pointee.dirty == 0
    else { return true }
    if let previous = unsafe previous {
      unsafe previous.pointee.nextOfAll = segment.pointee.nextOfAll
    } else if unsafe newest == segment {
      unsafe newest = segment.pointee.nextOfAll
    } else {
      // Another was made while the lock was free.
      return true
    }
    unsafe unlist(segment)
    segmentCount &-= 1
    let start = unsafe segment.start
    map.remove(start)
    Syscalls.unmapOwn(VirtualAddress(rawValue: start), size: ByteCount(Segment.size))
    return false
  }
}
