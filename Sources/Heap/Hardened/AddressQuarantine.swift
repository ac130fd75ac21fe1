// SPDX-License-Identifier: MIT

// Where the hardened mode's large blocks go when they are freed. Their memory goes back at once; their addresses
// can't be accessed, and are nobody else's, for a while: a read or a write after free ends with SIGSEGV, and a block
// that is freed twice is no other one's meanwhile.
//
//     live   ├ guard ┼─── read, write ───┼ guard ┤      three mappings, two guards of the budget
//     waits  ├─────────── inaccessible ──────────┤      one mapping, one guard of the budget
//
// Who waits longest goes when there are too many, or too many bytes: an eighth of what the process may map at most.
// A new block that fits in its place takes it, which saves two system calls of four. Where memory can't be mapped,
// all go.
//
// Invariants: `bytes` is the sum of all sizes; count and bytes keep their limits.

internal import Pages
internal import System

@safe struct AddressQuarantine: ~Copyable {
  struct WaitingRange {
    var start: UInt
    var size: Int
  }

  private static let most = 1024
  private static let mostBytes = 4 << 30
  /// Bytes that the list takes.
  static let size = most * MemoryLayout<WaitingRange>.stride

  private let ranges: UnsafeMutablePointer<WaitingRange>
  private var oldest = 0
  private var count = 0
  private var bytes = 0

  /// - Precondition: `size` zeroed bytes are there, and stay.
  init(start: UInt) {
    // SAFETY: the bytes are this structure's alone, and no range is read before it is written.
    unsafe ranges = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  /// Bytes that may wait now.
  static var limit: Int {
    guard let limit = Syscalls.addressSpaceLimit else { return mostBytes }
    return min(mostBytes, limit.rawValue / 8)
  }

  /// Takes a range, or hands out the one that has to go first.
  ///
  /// - Precondition: its size is at most `limit`.
  mutating func add(_ range: WaitingRange, limit: Int, _ held: borrowing Held) -> WaitingRange? {
    if count == Self.most || count > 0 && bytes &+ range.size > limit { return removeOldest(held) }
    unsafe (ranges + (oldest &+ count) & (Self.most &- 1)).initialize(to: range)
    count &+= 1
    bytes &+= range.size
    return nil
  }

  /// The range that has waited longest, for a block of its size, if it is about to go.
  mutating func reuse(size: Int, limit: Int, _ held: borrowing Held) -> WaitingRange? {
    guard count == Self.most || count > 0 && bytes &+ size > limit else { return nil }
    return unsafe ranges[oldest].size == size ? removeOldest(held) : nil
  }

  /// The range that has waited longest; nil where none waits.
  mutating func removeOldest(_ held: borrowing Held) -> WaitingRange? {
    guard count > 0 else { return nil }
    let range = unsafe ranges[oldest]
    oldest = (oldest &+ 1) & (Self.most &- 1)
    count &-= 1
    bytes &-= range.size
    return range
  }

  /// Whether the block that began there waits.
  ///
  /// - Complexity: O(ranges)
  func holds(_ block: UInt, _ held: borrowing Held) -> Bool {
    for index in 0..<count {
      let range = unsafe ranges[(oldest &+ index) & (Self.most &- 1)]
      if range.start &+ UInt(Heap.pageSize) == block { return true }
    }
    return false
  }

  /// Hands on each rule that is broken.
  func findFaults(_ held: borrowing Held, _ report: Heap.Fault) {
    var sum = 0
    for index in 0..<count {
      unsafe sum &+= ranges[(oldest &+ index) & (Self.most &- 1)].size
    }
    if sum != bytes || count > Self.most || bytes > Self.mostBytes {
      report("the quarantine of large blocks counts wrongly", UInt(bitPattern: unsafe ranges))
    }
  }
}

extension AddressQuarantine {
  /// Gives a range's memory back and lets its addresses wait, or unmaps it where they can't; it holds one guard of
  /// the budget.
  static func put(_ range: WaitingRange, _ heap: UnsafeMutablePointer<Heap>) {
    let limit = Self.limit
    let place = VirtualAddress(rawValue: range.start)
    guard range.size <= limit,
      (try? Syscalls.mapNothing(over: place, size: ByteCount(range.size))) != nil
    else { return unsafe unmap(range, heap) }
    while let oldest = unsafe heap.pointee.hardened.lock.withLock({ held in
      unsafe heap.pointee.hardened.addresses.add(range, limit: limit, held)
    }) {
      unsafe unmap(oldest, heap)
    }
  }

  /// Addresses that can't be accessed, for a block of so many bytes: some that have waited, or else new ones. Its
  /// guards are counted already; 0 where there is nothing.
  static func take(_ size: Int, _ heap: UnsafeMutablePointer<Heap>) -> UInt {
    let limit = Self.limit
    let waited = unsafe heap.pointee.hardened.lock.withLock { held in
      unsafe heap.pointee.hardened.addresses.reuse(size: size, limit: limit, held)
    }
    guard let waited else {
      return (try? Syscalls.mapNothing(size: ByteCount(size)).rawValue) ?? 0
    }
    unsafe heap.pointee.guards.giveGuardsBack(1)
    return waited.start
  }

  /// Lets go of all ranges; returns whether there were any.
  static func empty(_ heap: UnsafeMutablePointer<Heap>) -> Bool {
    var wasAny = false
    while let range = unsafe heap.pointee.hardened.lock.withLock({ held in
      unsafe heap.pointee.hardened.addresses.removeOldest(held)
    }) {
      unsafe unmap(range, heap)
      wasAny = true
    }
    return wasAny
  }

  private static func unmap(_ range: WaitingRange, _ heap: UnsafeMutablePointer<Heap>) {
    Syscalls.unmapOwn(VirtualAddress(rawValue: range.start), size: ByteCount(range.size))
    unsafe heap.pointee.guards.giveGuardsBack(1)
  }
}
