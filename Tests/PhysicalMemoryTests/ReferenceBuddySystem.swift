// SPDX-License-Identifier: MIT

// A second buddy system, in sets and dictionaries, that knows nothing of the first.
//
// Where blocks of the same order are free, either choice is right: the reference is told which one was
// taken, says whether a buddy system could have taken it, and goes on from there.

struct ReferenceBuddySystem {
  /// Free blocks by order: their first frames.
  private(set) var free: [Set<Int>] = Array(repeating: [], count: 11)
  /// Allocated blocks: first frame to order.
  private(set) var allocated: [Int: Int] = [:]
  private let zone: Range<Int>

  /// All of a zone free, in the largest blocks that fit.
  init(_ zone: Range<Int>) {
    self.zone = zone
    for frame in zone { insert(frame, 0) }
  }

  /// Frees a block and unites it with its buddy as long as that is free.
  private mutating func insert(_ block: Int, _ order: Int) {
    let buddy = block ^ (1 << order)
    if order < 10, free[order].contains(buddy) {
      free[order].remove(buddy)
      insert(min(block, buddy), order + 1)
    } else {
      free[order].insert(block)
    }
  }

  /// The order of the smallest free block that is large enough.
  func source(for order: Int) -> Int? { (order..<11).first { !free[$0].isEmpty } }

  /// Takes the block that the other system took; a sentence says what is wrong with it, if anything.
  mutating func take(_ block: Int, _ order: Int) -> String? {
    guard let from = source(for: order) else { return "nothing of order \(order) is free" }
    let whole = (block >> from) << from
    guard free[from].contains(whole) else {
      return "block \(block) of order \(order) is not in a smallest free block, of order \(from)"
    }
    free[from].remove(whole)
    for half in stride(from: from - 1, through: order, by: -1) {
      let lower = (block >> half) << half
      let upper = lower ^ (1 << half)
      free[half].insert(upper)
    }
    allocated[block] = order
    return nil
  }

  mutating func give(_ block: Int) {
    guard let order = allocated.removeValue(forKey: block) else { return }
    insert(block, order)
  }

  var counts: [Int] { free.map(\.count) }
}
