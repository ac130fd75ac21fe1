// SPDX-License-Identifier: MIT

// Address space that is mapped and no block's: what large blocks left, and what was mapped ahead for
// the next ones. It is a short sorted list; neighbours of one kind grow together, so that blocks of
// any size can be cut from it without a system call.
//
//     ├──── zero ────┼─ block ─┼───── dirty ─────┼── zero ──┼─ block ─┤
//
// A range is *zero*, with hardly anything committed, or *dirty*: committed nearly throughout, so that
// clearing it is cheaper than faulting its pages in anew. Which of them a freed block becomes is
// decided by ``PageDensity``.
//
// Invariants: ranges are not empty, sorted and disjoint; neighbours that touch differ in kind or one
// of them is older. `dirtyBytes` and `zeroBytes` are the sums of both
// kinds.
//
// All of it is used under the heap's lock. Whoever adds a range has to unmap what comes back.

/// A piece of mapped address space.
struct FreeRange: BitwiseCopyable {
  var start: UInt
  var size: UInt
  var isDirty: Bool
  /// It was there at the last tick already.
  var isIdle: Bool
  var end: UInt { start &+ size }
}

@safe struct FreeRanges: ~Copyable {
  /// Where they lie. As an array in this structure the compiler would copy it at each access.
  private let ranges: UnsafeMutablePointer<FreeRange>
  private(set) var count = 0
  private(set) var dirtyBytes: UInt = 0
  private(set) var zeroBytes: UInt = 0
  /// What is committed in zero ranges, as far as can be told without asking: what was when they were
  /// added, less the same share of it as was taken of them.
  var zeroCommitted: UInt = 0

  static let capacity = 128
  /// Bytes that they take.
  static let size = capacity * MemoryLayout<FreeRange>.stride

  /// - Precondition: `size` bytes are there, and stay.
  init(start: UInt) {
    // SAFETY: a range is some numbers; whatever the bytes hold, none is read before it is written.
    unsafe ranges = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// - Precondition: 0 ≤ index < count; the setter: index < capacity
  @inline(__always)
  subscript(index: Int) -> FreeRange {
    get { unsafe ranges[index] }
    nonmutating set { unsafe ranges[index] = newValue }
  }

  // MARK: Take

  /// Cuts `size` bytes from the smallest range of the kind that holds them.
  ///
  /// - Complexity: O(count)
  mutating func take(_ size: UInt, isDirty: Bool) -> UInt? {
    var best = -1
    for index in 0..<count {
      let range = self[index]
      if range.isDirty == isDirty, range.size >= size, best < 0 || range.size < self[best].size {
        best = index
      }
    }
    guard best >= 0 else { return nil }
    let start = self[best].start
    shorten(best, by: size)
    return start
  }

  /// Cuts at most `most` bytes from the largest dirty range, if it has `least`.
  mutating func takeLargestDirty(atMost most: UInt, atLeast least: UInt) -> FreeRange? {
    var best = -1
    for index in 0..<count where self[index].isDirty {
      if best < 0 || self[index].size > self[best].size { best = index }
    }
    guard best >= 0, self[best].size >= least else { return nil }
    let start = self[best].start
    let size = min(self[best].size, most)
    shorten(best, by: size)
    return FreeRange(start: start, size: size, isDirty: true, isIdle: false)
  }

  /// Cuts `size` bytes from a range that begins at an address, if there is one so long; tells whether
  /// it is dirty.
  mutating func take(_ size: UInt, at start: UInt) -> Bool? {
    for index in 0..<count where self[index].start == start {
      guard self[index].size >= size else { return nil }
      let isDirty = self[index].isDirty
      shorten(index, by: size)
      return isDirty
    }
    return nil
  }

  private mutating func shorten(_ index: Int, by size: UInt) {
    discount(size, isDirty: self[index].isDirty)
    if self[index].size == size {
      remove(at: index)
    } else {
      unsafe ranges[index].start &+= size
      unsafe ranges[index].size &-= size
    }
  }

  private mutating func discount(_ size: UInt, isDirty: Bool) {
    if isDirty {
      dirtyBytes &-= size
    } else {
      zeroCommitted &-= UInt(Double(zeroCommitted) * (Double(size) / Double(zeroBytes)))
      zeroBytes &-= size
    }
  }

  /// Bytes of dirty ranges that are idle.
  var idleDirtyBytes: UInt {
    var sum: UInt = 0
    for index in 0..<count where self[index].isIdle && self[index].isDirty {
      sum &+= self[index].size
    }
    return sum
  }

  /// Takes a range out that is idle, or any one; of a dirty one `most` bytes, whole pages.
  mutating func removeIdle(orAny any: Bool, mostDirty most: UInt = .max) -> FreeRange? {
    for index in 0..<count where any || self[index].isIdle {
      let range = self[index]
      if !range.isDirty || range.size <= most { return removeRange(at: index) }
      if most > 0 {
        shorten(index, by: most)
        return FreeRange(start: range.start, size: most, isDirty: true, isIdle: true)
      }
    }
    return nil
  }

  /// Removes a dirty range, or so much of it, rather one that is idle; nil where there is none.
  mutating func removeDirty(most: UInt) -> FreeRange? {
    var found: Int?
    for index in 0..<count where self[index].isDirty {
      found = index
      if self[index].isIdle { break }
    }
    guard let index = found, most > 0 else { return nil }
    let range = self[index]
    if range.size <= most { return removeRange(at: index) }
    shorten(index, by: most)
    return FreeRange(start: range.start, size: most, isDirty: true, isIdle: range.isIdle)
  }

  /// A tick: whatever is there is idle from now on.
  mutating func age() {
    for index in 0..<count { unsafe ranges[index].isIdle = true }
  }

  private mutating func removeRange(at index: Int) -> FreeRange {
    let range = self[index]
    discount(range.size, isDirty: range.isDirty)
    remove(at: index)
    return range
  }

  // MARK: Add

  /// Adds a range; returns one to be unmapped where there are too many.
  mutating func add(_ start: UInt, _ size: UInt, isDirty: Bool) -> FreeRange? {
    if isDirty { dirtyBytes &+= size } else { zeroBytes &+= size }
    var index = 0
    while index < count, self[index].start < start { index &+= 1 }
    let joinsBelow = index > 0 && joins(index &- 1, isDirty) && self[index &- 1].end == start
    let joinsAbove = index < count && joins(index, isDirty) && self[index].start == start &+ size
    if joinsBelow {
      unsafe ranges[index &- 1].size &+= size
      if joinsAbove {
        unsafe ranges[index &- 1].size &+= ranges[index].size
        remove(at: index)
      }
      return nil
    }
    if joinsAbove {
      unsafe ranges[index].start = start
      unsafe ranges[index].size &+= size
      return nil
    }
    var evicted: FreeRange?
    if count == Self.capacity {
      var smallest = 0
      for other in 1..<count where self[other].size < self[smallest].size { smallest = other }
      evicted = removeRange(at: smallest)
      if smallest < index { index &-= 1 }
    }
    var position = count
    while position > index {
      self[position] = self[position &- 1]
      position &-= 1
    }
    self[index] = FreeRange(start: start, size: size, isDirty: isDirty, isIdle: false)
    count &+= 1
    return evicted
  }

  private func joins(_ index: Int, _ isDirty: Bool) -> Bool {
    self[index].isDirty == isDirty && !self[index].isIdle
  }

  private mutating func remove(at index: Int) {
    count &-= 1
    var position = index
    while position < count {
      self[position] = self[position &+ 1]
      position &+= 1
    }
  }

  /// Whether the invariants at the top of this file hold.
  func checkInvariants() -> Bool {
    var dirty: UInt = 0
    var zero: UInt = 0
    for index in 0..<count {
      let range = self[index]
      if range.size == 0 { return false }
      if index > 0, self[index &- 1].end > range.start { return false }
      if range.isDirty { dirty &+= range.size } else { zero &+= range.size }
    }
    return dirty == dirtyBytes && zero == zeroBytes
  }
}
