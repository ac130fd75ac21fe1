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
// What is read from a table is checked before it is believed: an overflowing kernel stack can write
// into one.
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

extension Machine {
  /// Tables between the root and a frame, less one.
  var pageTableLevels: Int { layout.architecture == .x86_64 ? 4 : 3 }

  func entry(_ offset: Int) -> PageTableEntry {
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    return PageTableEntry(rawValue: unsafe pointer.load(as: UInt64.self))
  }

  /// Writes an entry, and keeps its table's count.
  func setEntry(_ offset: Int, _ value: PageTableEntry) {
    let table = PageFrameNumber(index: offset >> 12)
    if (entry(offset) == .none) != (value == .none) {
      frames[table].privateData =
        value == .none ? max(frames[table].privateData, 1) - 1 : frames[table].privateData + 1
    }
    let pointer = unsafe pages.physical.ram.place(offset).pointer.unsafelyUnwrapped
    unsafe pointer.storeBytes(of: value.rawValue, as: UInt64.self)
  }

  /// The table that an entry points to, unless it points to no table.
  private func table(_ value: PageTableEntry) -> PageFrameNumber? {
    guard value.isPresent, value.frame.index < plan.directFrames,
      frames[value.frame].flags.isSuperset(of: [.table, .allocated])
    else { return nil }
    return value.frame
  }

  private func offset(_ table: PageFrameNumber, _ page: UInt64, _ level: Int) -> Int {
    table.index << 12 + Int(page >> UInt64(9 * level) & 511) << 3
  }

  /// Where the entry of a page is, or nil where no table has one.
  func findEntry(_ number: ProcessNumber, _ page: UInt64) -> Int? {
    var current = processes.records[number.rawValue]!.root
    for level in stride(from: pageTableLevels - 1, to: 0, by: -1) {
      guard let next = table(entry(offset(current, page, level))) else { return nil }
      current = next
    }
    return offset(current, page, 0)
  }

  /// Where the entry of a page is; tables are made where there are none. While memory for them is
  /// sought, the process may be ended.
  mutating func makeEntry(_ number: ProcessNumber, _ page: UInt64) throws(MachineError) -> Int {
    guard isAlive(number) else { throw gone(number) }
    var current = processes.records[number.rawValue]!.root
    for level in stride(from: pageTableLevels - 1, to: 0, by: -1) {
      let place = offset(current, page, level)
      if let next = table(entry(place)) {
        current = next
        continue
      }
      guard entry(place) == .none else {
        throw .process(.corruptedPageTable(number, UserAddress(rawValue: page << 12)))
      }
      let new = try allocatePages(flags: [.kernel, .zero])
      guard isAlive(number) else {
        try freePages(new)
        throw gone(number)
      }
      frames[new].flags.formUnion(.table)
      frames[new].owner = FrameOwner(.pageTable, number: UInt64(number.rawValue))
      pages.add(1, to: .pageTables, of: new)
      processes.records[number.rawValue]!.pageTables += 1
      setEntry(place, PageTableEntry(new, isWritable: true))
      current = new
    }
    return offset(current, page, 0)
  }

  /// Visits the entries of pages that are not nothing, in order, and with `freesTables` gives back
  /// tables that have none left.
  mutating func visitEntries(
    _ number: ProcessNumber, _ pages: Range<UInt64>, freesTables: Bool = false,
    _ visit: (inout Machine, Int, UInt64) -> Void
  ) {
    let root = processes.records[number.rawValue]!.root
    let all: UInt64 = 1 << UInt64(9 * pageTableLevels)
    walk(
      number, root, pageTableLevels - 1, 0, pages.clamped(to: 0..<all), freesTables: freesTables,
      visit)
  }

  private mutating func walk(
    _ number: ProcessNumber, _ current: PageFrameNumber, _ level: Int, _ first: UInt64,
    _ range: Range<UInt64>, freesTables: Bool, _ visit: (inout Machine, Int, UInt64) -> Void
  ) {
    guard !range.isEmpty else { return }
    let shift = UInt64(9 * level)
    let low = (range.lowerBound - first) >> shift
    let high = (range.upperBound - 1 - first) >> shift
    for index in low...high {
      let place = current.index << 12 + Int(index) << 3
      let value = entry(place)
      if value == .none { continue }
      let start = first + index << shift
      if level == 0 {
        visit(&self, place, start)
        continue
      }
      guard let next = table(value) else { continue }
      walk(
        number, next, level - 1, start, range.clamped(to: start..<(start + 1 << shift)),
        freesTables: freesTables, visit)
      if freesTables, frames[next].privateData == 0 {
        setEntry(place, .none)
        pages.add(-1, to: .pageTables, of: next)
        processes.records[number.rawValue]!.pageTables -= 1
        frames[next].flags.remove(.table)
        frames[next].owner = .nobody
        try? freePages(next)
      }
    }
  }

  /// Pages that have an entry, in order.
  mutating func mappedPages(_ number: ProcessNumber) -> [UInt64] {
    var found: [UInt64] = []
    visitEntries(number, 0..<(1 << 36)) { _, _, page in found.append(page) }
    return found
  }
}
