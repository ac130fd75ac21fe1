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
