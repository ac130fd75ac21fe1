// SPDX-License-Identifier: MIT

// A large block, of 256 KiB or more or with an alignment above 64 KiB, is whole pages cut from the
// free ranges, or mapped. It is recorded in the table that tamalloc's own blocks are in, so that
// either way of freeing works for both.
//
//     allocate:  dirty range, cleared        where blocks of the size are touched densely
//                pieces of some, cleared     (see LargeBlock+Gather.swift)
//                zero range                  else
//                map, and some more ahead    where none fits
//     release:   scan (or don't) ─▶ zero or dirty range ─▶ unmapped when idle
//     resize:    in place ─▶ the zero range behind it ─▶ mremap, to twice the size while it grows
//
// Invariant: the bytes of a block from `length` to the end of its reservation are zero, unless the
// program wrote there.

internal import Pages
internal import Reservations
internal import System

enum LargeBlock {
  /// Blocks up to this size are mapped several at once.
  private static let largestAhead = 8 << 20

  static func allocate(
    _ size: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> UInt {
    let page = Heap.pageSize
    guard size <= Heap.largestSize, alignment <= Heap.largestAlignment else { return Heap.fail() }
    let whole = (max(size, 1) &+ page &- 1) & ~(page &- 1)
    let before = Syscalls.errorNumber
    let start =
      alignment <= page ? unsafe take(whole, heap) : mapAligned(whole, alignment: alignment)
    guard let start, unsafe record(start, whole, length: size, alignment: alignment, heap) else {
      return Heap.fail()
    }
    unsafe heap.pointee.counters.count(
      row: HeapCounters.largeRow, requested: size, usable: whole, cleared: 0)
    Syscalls.errorNumber = before
    return start
  }

  static func record(
    _ start: UInt, _ size: Int, length: Int, alignment: Int, isGuarded: Bool = false,
    _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let reservation = Reservation(
      start: VirtualAddress(rawValue: start), size: ByteCount(size),
      alignment: ByteCount(max(alignment, Heap.pageSize)), options: [],
      backing: .anonymous(fill: 0))
    var block = BlockRecord(reservation: reservation, length: ByteCount(max(length, 1)))
    block.isGuarded = isGuarded
    do throws(AllocationError) {
      try unsafe heap.pointee.blocks.table.insert(block)
      return true
    } catch {
      if !block.isGuarded { reservation.release() }
      return false
    }
  }

  /// Zeroed pages, from a range or mapped.
  private static func take(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt? {
    let (isDense, isSparse, first, isDue) = unsafe heap.guarded.withLock { shared, _ in
      let isDense = shared.large.density.isDense(size)
      let isSparse = shared.large.density.isSparse(size)
      let first = shared.large.ranges.take(UInt(size), isDirty: isDense)
      if first != nil, !isDense, !isSparse { shared.large.noteFresh(size) }
      return (isDense, isSparse, first, shared.isBalanceDue)
    }
    if isDue { unsafe heap.balanceSoon() }
    if let first {
      if isDense { unsafe clear(first, size, heap) }
      return first
    }
    if isDense, let start = unsafe gather(size, heap) { return start }
    let (second, isDueNow) = unsafe heap.guarded.withLock { shared, _ in
      let second = shared.large.ranges.take(UInt(size), isDirty: !isDense)
      if second == nil || isDense, !isSparse { shared.large.noteFresh(size) }
      return (second, shared.isBalanceDue)
    }
    if isDueNow { unsafe heap.balanceSoon() }
    guard let second else { return unsafe map(size, heap) }
    if isDense { return second }
    // Clearing is quicker than giving back, but leaves all committed. A kernel that refuses (the pages
    // are locked) leaves it to us.
    if !isSparse || !discard(second, size) { unsafe clear(second, size, heap) }
    return second
  }

  private static func clear(_ start: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>) {
    unsafe heap.pointee.counters.count(
      row: HeapCounters.largeRow, requested: 0, usable: 0, cleared: size)
    Syscalls.clearBytes(start, size)
  }

  /// Fresh pages; what was mapped ahead becomes a free range.
  private static func map(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt? {
    let ahead = size <= largestAhead ? min(size &* 8, 32 << 20) : size
    if ahead > size,
      let start = try? Syscalls.mapAnonymous(
        size: ByteCount(ahead), traits: MappingTraits())
    {
      // Where a program has all that it maps locked in memory (mlockall), more than it asked for is not
      // kept ahead.
      let rest = start + ByteCount(size)
      if Syscalls.isResident(rest) {
        Syscalls.unmapOwn(rest, size: ByteCount(ahead &- size))
      } else {
        unsafe give(rest.rawValue, ahead &- size, heap)
      }
      return start.rawValue
    }
    guard let start = try? Syscalls.mapAnonymous(size: ByteCount(size), traits: MappingTraits())
    else { return nil }
    if unsafe wantsHugePages(start.rawValue, size, heap) {
      try? Syscalls.advise(start, size: ByteCount(size), .hugePages)
    }
    return start.rawValue
  }

  /// Whether a block is likely to be touched densely: blocks of its size were, or the last one is.
  private static func wantsHugePages(
    _ start: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let huge = 2 << 20
    guard size >= 2 &* huge, unsafe heap.pointee.settings.hugePages else { return false }
    let last = unsafe heap.guarded.withLock { shared, _ in
      let last = shared.large.lastMapped
      shared.large.lastMapped = (start, size)
      return last
    }
    var committed: Int?
    if last.size == size, unsafe usableSize(last.start, heap) == size {
      committed = unsafe heap.pointee.pageTables.committed(last.start, huge, .count)
    }
    return unsafe heap.guarded.withLock { shared, _ in
      if let committed {
        for _ in 0..<2 { shared.large.density.note(committed, of: huge, like: size) }
      }
      return shared.large.density.isDense(size)
    }
  }

  static func mapAligned(_ size: Int, alignment: Int) -> UInt? {
    if alignment <= Heap.pageSize {
      return (try? Syscalls.mapAnonymous(size: ByteCount(size), traits: MappingTraits()))?.rawValue
    }
    guard
      let reservation = try? Reservation.reserve(
        size: ByteCount(size), alignment: ByteCount(alignment), fill: .zero, options: [])
    else { return nil }
    return reservation.start.rawValue
  }

  /// Makes a range of zeroed pages free.
  private static func give(
    _ start: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) {
    let evicted = unsafe heap.guarded.withLock { shared, _ in
      shared.large.ranges.add(start, UInt(size), isDirty: false)
    }
    unmap(evicted)
  }
}
