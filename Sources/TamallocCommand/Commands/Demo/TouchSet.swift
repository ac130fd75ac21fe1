// SPDX-License-Identifier: MIT

// Which pages does "touch 1%" touch? Each page has a place on a circle, its number times the golden
// ratio; a share p are the pages whose place lies in the first p of the circle. Such sets are spread
// as evenly as can be, each holds all smaller ones, and their count differs from p × pages by no more
// than a few. The step from one member to the next has at most three lengths (the three-gap theorem):
// a, the first that moves right by less than p; b, the first that moves left by less than p; a + b.
// So the members are found in rising order without a look at the other pages.

/// A share of the pages of a block, evenly spread.
struct TouchSet: Sequence, Sendable {
  /// 2^64 divided by the golden ratio.
  private static let turn: UInt64 = 0x9E37_79B9_7F4A_7C15

  let pageCount: Int
  /// The last place that belongs to the share.
  private let limit: UInt64
  /// The lengths of steps that are tried, in rising order.
  private let gaps: [Int]

  init(_ share: Percentage, of pageCount: Int) {
    self.pageCount = pageCount
    let parts = UInt128(share.partsPerMillion)
    limit = UInt64((parts << 64) / 1_000_000 - 1)
    var right: Int?
    var left: Int?
    var place: UInt64 = 0
    var step = 0
    while step < pageCount, right == nil || left == nil {
      step += 1
      place &+= Self.turn
      if right == nil, place <= limit { right = step }
      if left == nil, 0 &- place <= limit { left = step }
    }
    // A gap that was not found is longer than the block.
    let beyond = pageCount
    let (first, second) = (right ?? beyond, left ?? beyond)
    gaps = [Swift.min(first, second), Swift.max(first, second), first + second]
  }

  /// Whether a page is in the set.
  func contains(_ page: Int) -> Bool {
    UInt64(truncatingIfNeeded: page) &* Self.turn <= limit
  }

  func makeIterator() -> Iterator { Iterator(set: self) }

  struct Iterator: IteratorProtocol {
    private let set: TouchSet
    private var page = 0

    init(set: TouchSet) {
      self.set = set
    }

    mutating func next() -> Int? {
      let result = page
      guard result < set.pageCount else { return nil }
      // Page 0 is in every set. If no gap fits, the next member is beyond the block.
      page =
        set.contains(page + set.gaps[0])
        ? page + set.gaps[0]
        : set.contains(page + set.gaps[1]) ? page + set.gaps[1] : page + set.gaps[2]
      return result
    }
  }
}
