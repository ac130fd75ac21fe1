// SPDX-License-Identifier: MIT

// The blocks that are live, as the driver believes, for correctness mode.
//
// Terms: each block is filled with a *pattern* that differs from one to the next; the *shadow* has a
// bit for every 8 bytes of the pages that some block covers.
//
// Checks: a block is a multiple of 8, inside one page in use, and covers nothing that another covers;
// its pattern is whole when it is freed, and at the end.

internal import Glibc
internal import Pages

/// The blocks that are live, and what they hold.
@safe
struct ReplayLedger {
  private struct Entry: BitwiseCopyable {
    /// Bytes from the first page's start.
    var offset = 0
    /// 0 where no block is live.
    var size: Int32 = 0
    var pattern: UInt8 = 0
  }

  private var entries: [Entry] = []
  private var shadow: [UInt64] = []
  private var serial = 0
  private(set) var count = 0

  mutating func grow(to slotCount: Int) {
    let missing = slotCount - entries.count
    if missing > 0 { entries.append(contentsOf: repeatElement(Entry(), count: missing)) }
  }

  /// Notes a block and fills it.
  ///
  /// - Returns: what is wrong with it, and then it is not noted.
  mutating func add<Pages: ReplayPages & ~Copyable>(
    _ slot: UInt32, _ block: UnsafeMutableRawPointer, size: Int, in pages: borrowing Pages
  ) -> Finding.Problem? {
    guard UInt(bitPattern: block) & 7 == 0 else { return .misaligned }
    guard unsafe pages.holds(block, size: size) else { return .outsidePage }
    let offset = unsafe pages.offset(of: block)
    let words = Self.words(offset, size)
    if words.upperBound > shadow.count << 6 {
      let missing = max(words.upperBound >> 6 + 1 - shadow.count, shadow.count)
      shadow.append(contentsOf: repeatElement(0, count: missing))
    }
    for word in words {
      guard shadow[word >> 6] & 1 << (word & 63) == 0 else { return .overlap }
      shadow[word >> 6] |= 1 << (word & 63)
    }
    serial &+= 1
    let pattern = UInt8(truncatingIfNeeded: serial &* 167 &+ 13)
    entries[Int(slot)] = Entry(offset: offset, size: Int32(size), pattern: pattern)
    count += 1
    unsafe block.initializeMemory(as: UInt8.self, repeating: pattern, count: size)
    return nil
  }

  /// Checks a block and forgets it.
  mutating func remove<Pages: ReplayPages & ~Copyable>(
    _ slot: UInt32, in pages: borrowing Pages
  ) -> Finding.Problem? {
    let entry = entries[Int(slot)]
    guard entry.size > 0 else { return nil }
    for word in Self.words(entry.offset, Int(entry.size)) {
      shadow[word >> 6] &= ~(1 << (word & 63))
    }
    entries[Int(slot)] = Entry()
    count -= 1
    return Self.isWhole(entry, in: pages) ? nil : .overwritten
  }

  /// Checks the contents of every block.
  func checkAll<Pages: ReplayPages & ~Copyable>(in pages: borrowing Pages) -> Finding.Problem? {
    for entry in entries where !Self.isWhole(entry, in: pages) { return .overwritten }
    return nil
  }

  private static func isWhole<Pages: ReplayPages & ~Copyable>(
    _ entry: Entry, in pages: borrowing Pages
  ) -> Bool {
    // SAFETY: the block was inside a page in use when it was noted, and pages stay mapped.
    let bytes = unsafe UnsafeRawBufferPointer(
      start: pages.start + entry.offset, count: Int(entry.size))
    guard unsafe !bytes.isEmpty, let start = bytes.baseAddress else { return true }
    // All bytes are the same iff the first is right and each equals the one before it.
    return unsafe bytes[0] == entry.pattern && memcmp(start, start + 1, bytes.count - 1) == 0
  }

  private static func words(_ offset: Int, _ size: Int) -> Range<Int> {
    offset >> 3..<(offset + size + 7) >> 3
  }
}
