// SPDX-License-Identifier: MIT

// What `tamalloc run --stats` shows: printed when a program ends whose environment has TAMALLOC_STATS.

internal import Pages
internal import System

extension Heap {
  /// Prints what was counted, if anything was.
  package static func reportAtExit() {
    guard let heap = unsafe Heap.existing, unsafe heap.pointee.counters.isCounting else {
      return
    }
    report()
  }

  /// Prints what the heap holds and, where it counts, what it has issued.
  package static func report() {
    let now = statistics(committed: true)
    var text = TextOutput()
    text.add("tamalloc, process ")
    text.add(Syscalls.processNumber)
    text.add(":\n  reserved ")
    text.add(bytes: now.reserved)
    text.add(", committed ")
    if let committed = now.committed { text.add(bytes: committed) } else { text.add("unknown") }
    text.add(", live ")
    text.add(bytes: now.live)
    text.add("\n")
    guard let heap = unsafe Heap.existing, unsafe heap.pointee.counters.isCounting else {
      return text.write()
    }
    let counters = unsafe heap.pointee.counters
    text.add(
      "  size           blocks   requested      usable     cleared   not cleared\n")
    var total = HeapCounters.Row()
    for index in 0..<HeapCounters.rows {
      let row = counters.row(index)
      if row.blocks == 0 { continue }
      text.add("  ")
      if index == HeapCounters.mediumRow {
        text.add("< 256 KiB", width: 10)
      } else if index == HeapCounters.largeRow {
        text.add("larger", width: 10)
      } else {
        text.add(bytes: SizeClass(index: index).blockSize, width: 10)
      }
      line(&text, row)
      total.blocks &+= row.blocks
      total.requested &+= row.requested
      total.usable &+= row.usable
      total.cleared &+= row.cleared
    }
    text.add("  ")
    text.add("all", width: 10)
    line(&text, total)
    text.write()
  }

  private static func line(_ text: inout TextOutput, _ row: HeapCounters.Row) {
    text.add(row.blocks, width: 11)
    text.add(bytes: row.requested, width: 12)
    text.add(bytes: row.usable, width: 12)
    text.add(bytes: row.cleared, width: 12)
    text.add(bytes: max(row.usable &- row.cleared, 0), width: 14)
    text.add("\n")
  }
}

/// Text for standard error, put together in place: a heap can't ask itself for memory, and a thread's stack may
/// be of 16 KiB.
struct TextOutput: ~Copyable {
  private var bytes = InlineArray<1024, UInt8>(repeating: 0)
  private var count = 0

  mutating func add(_ byte: UInt8) {
    if count == bytes.count { write() }
    bytes[count] = byte
    count += 1
  }

  mutating func add(_ text: StaticString, width: Int = 0) {
    pad(width &- text.utf8CodeUnitCount)
    // SAFETY: a literal's bytes live as long as the program.
    let source = unsafe UnsafeBufferPointer(
      start: text.utf8Start, count: text.utf8CodeUnitCount)
    for index in source.indices { unsafe add(source[index]) }
  }

  mutating func add(_ number: Int, width: Int = 0) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits &+= 1
      rest /= 10
    }
    pad(width &- digits)
    digitsOf(max(number, 0))
  }

  private mutating func digitsOf(_ number: Int) {
    if number >= 10 { digitsOf(number / 10) }
    add(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// A number of bytes as people read it: `12.3 MiB`.
  mutating func add(bytes number: Int, width: Int = 0) {
    let units: InlineArray<5, StaticString> = [" B", " KiB", " MiB", " GiB", " TiB"]
    var unit = 0
    var value = number
    var tenths = 0
    while value >= 1024, unit < 4 {
      tenths = (value % 1024) * 10 / 1024
      value /= 1024
      unit += 1
    }
    let showsTenth = unit > 0 && value < 100
    var digits = value >= 1000 ? 4 : value >= 100 ? 3 : value >= 10 ? 2 : 1
    if showsTenth { digits += 2 }
    pad(width &- digits &- units[unit].utf8CodeUnitCount)
    digitsOf(value)
    if showsTenth {
      add(UInt8(ascii: "."))
      digitsOf(tenths)
    }
    add(units[unit])
  }

  private mutating func pad(_ columns: Int) {
    var left = columns
    while left > 0 {
      add(UInt8(ascii: " "))
      left &-= 1
    }
  }

  /// Writes what there is, and begins anew.
  mutating func write() {
    let length = count
    let span = bytes.span
    unsafe span.withUnsafeBufferPointer {
      // Nothing is left to be done where standard error can't be written.
      unsafe _ = Syscalls.writeError($0.baseAddress, length)
    }
    count = 0
  }
}
