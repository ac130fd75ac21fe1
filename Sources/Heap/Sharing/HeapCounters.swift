// SPDX-License-Identifier: MIT

// What a heap counts when it was told to (TAMALLOC_STATS). Then no block is handed out by the quick
// path, so that nothing is counted, and nothing tested for, otherwise.
//
// *Cleared* are the bytes that were written with zeros so that a block could be issued; *not cleared*
// the others, which were known to be zero: what laziness saved.

internal import Synchronization

struct HeapCounters: BitwiseCopyable {
  /// A row for each size class, one for medium blocks and one for large ones; 0 where nothing is counted.
  private let start: UInt

  static let rows = SizeClass.count + 2
  static let mediumRow = SizeClass.count
  static let largeRow = SizeClass.count + 1
  static let size = rows * 4 * 8

  static let none = HeapCounters(start: 0)

  /// - Precondition: `size` zeroed bytes are there.
  init(start: UInt) {
    self.start = start
  }

  var isCounting: Bool { start != 0 }

  /// A row's figures.
  struct Row {
    var blocks = 0
    var requested = 0
    var usable = 0
    var cleared = 0
  }

  func count(row: Int, requested: Int, usable: Int, cleared: Int) {
    if start == 0 { return }
    if usable > 0 { add(row, 0, 1) }
    add(row, 1, requested)
    add(row, 2, usable)
    add(row, 3, cleared)
  }

  func row(_ row: Int) -> Row {
    if start == 0 { return Row() }
    return unsafe Row(
      blocks: cell(row, 0).pointee.load(ordering: .relaxed),
      requested: cell(row, 1).pointee.load(ordering: .relaxed),
      usable: cell(row, 2).pointee.load(ordering: .relaxed),
      cleared: cell(row, 3).pointee.load(ordering: .relaxed))
  }

  private func add(_ row: Int, _ column: Int, _ amount: Int) {
    unsafe _ = cell(row, column).pointee.wrappingAdd(amount, ordering: .relaxed)
  }

  private func cell(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    unsafe UnsafeMutablePointer(bitPattern: start &+ UInt((row &* 4 &+ column) &* 8))
      .unsafelyUnwrapped
  }
}
