// SPDX-License-Identifier: MIT

// Page tables, as the processor reads them: frames of 512 entries of 8 bytes.
//
//     x86-64  page number  │ 9 bits │ 9 bits │ 9 bits │ 9 bits │        i386 with PAE: 2, 9 and 9 bits
//                             root ──▶ table ──▶ table ──▶ leaf ──▶ frame
//
//     entry   0                                  nothing
//             frame × 4096 + present + …         bit 0 present, 1 writable, 2 user, 5 accessed
//             (slot + 1) × 4096, bit 0 clear     the page is in a swap slot
//
// Tables lie in the machine's RAM, and in the direct map. A table's `privateData` counts its entries
// that are not 0: one that has none left is freed.
//
// Entries are checked before they are trusted: an overflowing kernel stack can overwrite a table.
//
// Unsafe code: loads and stores of entries in the direct map.

internal import Pages

/// An entry of a page table.
struct PageTableEntry: BitwiseCopyable, Equatable {
  var rawValue: UInt64

  static let none = PageTableEntry(rawValue: 0)
  static let present: UInt64 = 1
  static let writable: UInt64 = 2
  static let user: UInt64 = 4
  static let accessed: UInt64 = 0x20

  init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  init(_ frame: PageFrameNumber, isWritable: Bool) {
    rawValue =
      UInt64(frame.rawValue) << 12 | Self.present | Self.user | Self.accessed
      | (isWritable ? Self.writable : 0)
  }

  init(_ slot: SwapSlot) {
    rawValue = (UInt64(slot.rawValue) + 1) << 12
  }

  var isPresent: Bool { rawValue & Self.present != 0 }
  var isWritable: Bool { rawValue & Self.writable != 0 }
  var frame: PageFrameNumber {
    PageFrameNumber(rawValue: UInt32(truncatingIfNeeded: rawValue >> 12))
  }

  /// The slot of an entry that is neither present nor nothing.
  var slot: SwapSlot {
    SwapSlot(rawValue: UInt32(truncatingIfNeeded: rawValue >> 12 &- 1))
  }
}

extension AddressSpaces {
  func entry(_ offset: Int, _ pages: borrowing PageAllocator) -> PageTableEntry {
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    return PageTableEntry(rawValue: unsafe pointer.load(as: UInt64.self))
  }

  /// Writes an entry, and keeps its table's count.
  func setEntry(_ offset: Int, _ value: PageTableEntry, _ pages: borrowing PageAllocator) {
    let table = PageFrameNumber(index: offset >> 12)
    assert(pages.frames[table].flags.contains(.allocated), "an entry in a free frame")
    if (entry(offset, pages) == .none) != (value == .none) {
      let used = pages.frames[table].privateData
      pages.frames[table].privateData = value == .none ? max(used, 1) - 1 : used + 1
    }
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    unsafe pointer.storeBytes(of: value.rawValue, as: UInt64.self)
  }

  /// The table that an entry points to, unless it points to no table.
  func table(_ value: PageTableEntry, _ pages: borrowing PageAllocator) -> PageFrameNumber? {
    guard value.isPresent, value.frame.index < pages.physical.plan.directFrames,
      pages.frames[value.frame].flags.isSuperset(of: [.table, .allocated])
    else { return nil }
    return value.frame
  }

  private func offset(_ table: PageFrameNumber, _ page: UInt64, _ level: Int) -> Int {
    table.index << 12 + Int(page >> UInt64(9 * level) & 511) << 3
  }

  /// Where the entry of a page is, or nil where no table has one.
  func findEntry(
    _ number: ProcessNumber, _ page: UInt64, _ pages: borrowing PageAllocator
  ) -> Int? {
    var current = records[number.rawValue]!.root
    for level in stride(from: pageTableLevels - 1, to: 0, by: -1) {
      guard let next = table(entry(offset(current, page, level), pages), pages) else { return nil }
      current = next
    }
    return offset(current, page, 0)
  }

  /// Where the entry of a page is, or would be if there were tables enough.
  enum EntryPlace {
    /// The page's entry is here.
    case found(Int)
    /// The entry here must point to a table first, see ``AddressSpaces/addTable(_:at:of:_:)``.
    case needsTable(Int)
  }

  /// Where the entry of a page is.
  func entryPlace(
    _ number: ProcessNumber, _ page: UInt64, _ pages: borrowing PageAllocator
  ) throws(MachineError) -> EntryPlace {
    guard isAlive(number) else { throw gone(number) }
    var current = records[number.rawValue]!.root
    for level in stride(from: pageTableLevels - 1, to: 0, by: -1) {
      let place = offset(current, page, level)
      if let next = table(entry(place, pages), pages) {
        current = next
        continue
      }
      guard entry(place, pages) == .none else {
        throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
      }
      return .needsTable(place)
    }
    return .found(offset(current, page, 0))
  }

  /// Has an entry point to a zeroed frame, as a table.
  ///
  /// - Throws: where the process was ended meanwhile; then the frame is free.
  mutating func addTable(
    _ frame: PageFrameNumber, at place: Int, of number: ProcessNumber,
    _ pages: inout PageAllocator
  ) throws(MachineError) {
    guard isAlive(number) else {
      try pages.free(frame, order: 0, flags: [])
      throw gone(number)
    }
    pages.frames[frame].flags.formUnion(.table)
    pages.frames[frame].owner = FrameOwner(.pageTable, number: UInt64(number.rawValue))
    pages.add(1, to: .pageTables, of: frame)
    records[number.rawValue]!.pageTables += 1
    setEntry(place, PageTableEntry(frame, isWritable: true), pages)
  }

  /// Gives a table back that no entry of its own is left in.
  private mutating func removeTable(
    _ frame: PageFrameNumber, at place: Int, of number: ProcessNumber,
    _ pages: inout PageAllocator
  ) {
    setEntry(place, .none, pages)
    pages.add(-1, to: .pageTables, of: frame)
    records[number.rawValue]!.pageTables -= 1
    pages.frames[frame].flags.remove(.table)
    pages.frames[frame].owner = .nobody
    try? pages.free(frame, order: 0, flags: [])
  }

  // MARK: Walking

  /// A table on the way to some pages.
  private struct Walk {
    var table: PageFrameNumber
    var level: Int
    /// The page that its first entry leads to.
    var first: UInt64
    var range: Range<UInt64>

    /// Its entries that lead to the pages.
    var indices: ClosedRange<UInt64> {
      let shift = UInt64(9 * level)
      return (range.lowerBound - first) >> shift...(range.upperBound - 1 - first) >> shift
    }

    func place(_ index: UInt64) -> Int { table.index << 12 + Int(index) << 3 }

    func page(_ index: UInt64) -> UInt64 { first + index << UInt64(9 * level) }

    /// The walk through a table that an entry points to.
    func next(_ table: PageFrameNumber, _ index: UInt64) -> Walk {
      let start = page(index)
      return Walk(
        table: table, level: level - 1, first: start,
        range: range.clamped(to: start..<(start + 1 << UInt64(9 * level))))
    }
  }

  private func walk(_ number: ProcessNumber, _ range: Range<UInt64>) -> Walk {
    Walk(
      table: records[number.rawValue]!.root, level: pageTableLevels - 1, first: 0,
      range: range.clamped(to: 0..<(1 << UInt64(9 * pageTableLevels))))
  }

  /// Pages that have an entry, in order.
  func mappedPages(_ number: ProcessNumber, _ pages: borrowing PageAllocator) -> [UInt64] {
    var found: [UInt64] = []
    collect(walk(number, 0..<(1 << 36)), pages, &found)
    return found
  }

  private func collect(
    _ walk: Walk, _ pages: borrowing PageAllocator, _ found: inout [UInt64]
  ) {
    guard !walk.range.isEmpty else { return }
    for index in walk.indices {
      let value = entry(walk.place(index), pages)
      if value == .none { continue }
      if walk.level == 0 {
        found.append(walk.page(index))
      } else if let next = table(value, pages) {
        collect(walk.next(next, index), pages, &found)
      }
    }
  }

  /// Takes pages out of a process's tables, and frees tables that have no entry left.
  mutating func unmapPages(
    _ number: ProcessNumber, _ range: Range<UInt64>, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache
  ) {
    unmap(number, walk(number, range), &pages, &store)
  }

  private mutating func unmap(
    _ number: ProcessNumber, _ walk: Walk, _ pages: inout PageAllocator,
    _ store: inout SwapAndCache
  ) {
    guard !walk.range.isEmpty else { return }
    for index in walk.indices {
      let place = walk.place(index)
      let value = entry(place, pages)
      if value == .none { continue }
      if walk.level == 0 {
        setEntry(place, .none, pages)
        drop(value, of: number, &pages, &store)
        continue
      }
      guard let next = table(value, pages) else { continue }
      unmap(number, walk.next(next, index), &pages, &store)
      if pages.frames[next].privateData == 0 {
        removeTable(next, at: place, of: number, &pages)
      }
    }
  }
}
