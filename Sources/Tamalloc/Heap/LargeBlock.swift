// SPDX-License-Identifier: MIT

// A large block, of 256 KiB or more or with an alignment above 64 KiB, is whole pages cut from the
// free ranges, or mapped. It is recorded in the table that tamalloc's own blocks are in, so that
// either way of freeing works for both.
//
//     allocate:  dirty range, cleared        where blocks of the size are touched densely
//                zero range                  else
//                map, and some more ahead    where none fits
//     release:   scan (or don't) ─▶ zero or dirty range ─▶ unmapped when idle
//     resize:    in place ─▶ the zero range behind it ─▶ mremap, to twice the size while it grows
//
// Invariant: the bytes of a block from `length` to the end of its reservation are zero, unless the
// program wrote there.

internal import Pages

enum LargeBlock {
  /// Blocks up to this size are mapped several at once.
  private static let largestAhead = 8 << 20
  /// Bytes in zero ranges that may be committed before blocks that are touched sparsely give their
  /// pages back when they are freed. The last such block's are kept in any case.
  private static let keptCommitted: UInt = 256 << 10

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
    Syscalls.errorNumber = before
    return start
  }

  private static func record(
    _ start: UInt, _ size: Int, length: Int, alignment: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    let reservation = Reservation(
      start: VirtualAddress(rawValue: start), size: ByteCount(size),
      alignment: ByteCount(max(alignment, Heap.pageSize)), options: [],
      backing: .anonymous(fill: 0))
    let block = Block(reservation: reservation, length: ByteCount(max(length, 1)))
    do throws(AllocationError) {
      try unsafe heap.pointee.blocks.table.insert(block)
      return true
    } catch {
      reservation.release()
      return false
    }
  }

  /// Zeroed pages, from a range or mapped.
  private static func take(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt? {
    unsafe heap.pointee.lock.lock()
    let isDense = unsafe heap.pointee.density.isDense(size)
    let first = unsafe heap.pointee.ranges.take(UInt(size), isDirty: isDense)
    let second =
      first == nil ? unsafe heap.pointee.ranges.take(UInt(size), isDirty: !isDense) : nil
    unsafe heap.pointee.lock.unlock()
    let isDirty = first != nil ? isDense : !isDense
    if let start = first ?? second {
      if isDirty {
        if isDense {
          Syscalls.clearBytes(start, size)
        } else {
          try? Syscalls.advise(
            VirtualAddress(rawValue: start), size: ByteCount(size), .discard)
        }
      }
      return start
    }
    return unsafe map(size, heap)
  }

  /// Fresh pages; what was mapped ahead becomes a free range.
  private static func map(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt? {
    let ahead = size <= largestAhead ? min(size &* 8, 32 << 20) : size
    if ahead > size, let start = try? Syscalls.mapAnonymous(
      size: ByteCount(ahead), traits: MappingTraits())
    {
      unsafe give(start.rawValue &+ UInt(size), ahead &- size, isDirty: false, heap)
      return start.rawValue
    }
    return try? Syscalls.mapAnonymous(size: ByteCount(size), traits: MappingTraits()).rawValue
  }

  private static func mapAligned(_ size: Int, alignment: Int) -> UInt? {
    guard let reservation = try? Reservation.reserve(
      size: ByteCount(size), alignment: ByteCount(alignment), fill: .zero, options: [])
    else { return nil }
    return reservation.start.rawValue
  }

  /// Makes a range free.
  private static func give(
    _ start: UInt, _ size: Int, isDirty: Bool, committed: Int = 0,
    _ heap: UnsafeMutablePointer<Heap>
  ) {
    unsafe heap.pointee.lock.lock()
    let evicted = unsafe heap.pointee.ranges.add(start, UInt(size), isDirty: isDirty)
    unsafe heap.pointee.ranges.zeroCommitted &+= UInt(committed)
    unsafe heap.pointee.lock.unlock()
    if let evicted {
      Syscalls.unmapOwn(
        VirtualAddress(rawValue: evicted.start), size: ByteCount(Int(evicted.size)))
    }
  }

  // MARK: Release

  static func release(_ block: UInt, _ heap: UnsafeMutablePointer<Heap>) {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    guard let (slot, found) = unsafe heap.pointee.blocks.table.claim(address) else {
      Report.abort(function: "free", address, unsafe heap.pointee.blocks.diagnose(address))
    }
    unsafe heap.pointee.blocks.table.vacate(slot, of: address)
    if case .anonymous(fill: 0) = found.reservation.backing, found.reservation.options == [],
      unsafe !recycle(block, found.reservation.size.rawValue, heap)
    {
      found.reservation.release()
    }
    Syscalls.errorNumber = before
  }

  /// Keeps a block's pages for another one; returns false where they had better be unmapped.
  private static func recycle(
    _ start: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>
  ) -> Bool {
    unsafe heap.pointee.lock.lock()
    let wantsScan = unsafe heap.pointee.density.wantsScan(size)
    var tables = unsafe heap.pointee.pageTables
    let room = unsafe heap.pointee.settings.cacheSize
    let kept = unsafe Int(heap.pointee.ranges.dirtyBytes)
    let clears = unsafe heap.pointee.ranges.zeroCommitted < Self.keptCommitted
    unsafe heap.pointee.lock.unlock()
    var isDirty = true
    var zeroCommitted = 0
    if wantsScan {
      let committed = tables.committed(start, size, clears ? .clear(limit: size / 2) : .count)
      unsafe heap.pointee.lock.lock()
      unsafe heap.pointee.pageTables = tables
      if let committed { unsafe heap.pointee.density.note(committed, of: size) }
      unsafe heap.pointee.lock.unlock()
      if let committed {
        isDirty = committed > size / 2
        if !isDirty, committed > 0, !clears {
          let range = VirtualAddress(rawValue: start)
          guard (try? Syscalls.advise(range, size: ByteCount(size), .discard)) != nil else {
            return false
          }
        }
        zeroCommitted = isDirty || !clears ? 0 : committed
      } else if size > 16 << 20 {
        return false
      }
    }
    if isDirty, kept &+ size > room { return false }
    unsafe give(start, size, isDirty: isDirty, committed: zeroCommitted, heap)
    return true
  }

  // MARK: Resize

  static func usableSize(_ block: UInt, _ heap: UnsafeMutablePointer<Heap>) -> Int? {
    unsafe heap.pointee.blocks.size(of: VirtualAddress(rawValue: block))?.rawValue
  }

  static func resize(_ block: UInt, _ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt {
    let before = Syscalls.errorNumber
    let address = VirtualAddress(rawValue: block)
    do throws(BlockError) {
      let moved = try unsafe heap.pointee.blocks.resize(address, to: ByteCount(size))
      Syscalls.errorNumber = before
      return moved.rawValue
    } catch {
      if case .notABlock = error {
        Report.abort(
          function: "realloc", address, unsafe heap.pointee.blocks.diagnose(address))
      }
      return Heap.fail()
    }
  }
}
