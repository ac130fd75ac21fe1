// SPDX-License-Identifier: MIT

// Correctness mode: a trace is replayed with every check on.
//
// Terms: each block is filled with a *pattern* that its id decides; the *shadow* has a bit for every 8
// bytes of the pool that some block covers.
//
// Checks: a block is a multiple of 8, inside one page in use, and covers nothing that another covers;
// its pattern is whole when it is freed, and at the end; where all blocks are freed, no page is in use.

public import Allocators
public import Pages

/// Something that an allocator did wrong.
public enum Finding: Error, Sendable, Hashable {
  case misaligned(id: Int)
  case outsidePage(id: Int)
  case overlap(id: Int)
  case overwritten(id: Int)
  case brokenInvariant(event: Int)
  case leak(pages: Int)
  /// A request within the page's limits was refused while pages were left.
  case refused(id: Int)
}

/// What a verified replay came to.
public struct Verification: Sendable {
  /// Requests that got nothing: larger than a page holds, or no page was left.
  public private(set) var refused = 0
  public private(set) var statistics = PageStatistics()

  /// Replays a trace with every check on.
  ///
  /// - Parameters:
  ///   - pool: the pages; none may be in use.
  ///   - checksInvariants: whether the allocator's own invariants are checked after every event.
  /// - Throws: the first ``Finding``.
  public init<Allocator: KernelMemoryAllocator & ~Copyable>(
    _ trace: Trace, with allocator: inout Allocator, pool: inout PagePool,
    checksInvariants: Bool = false
  ) throws(Finding) {
    var blocks = BlockLedger(idCount: trace.idCount, pool: pool)
    for (number, event) in trace.events.enumerated() {
      switch event {
      case .request(let id, let size):
        if let block = unsafe allocator.allocate(size, from: &pool) {
          try unsafe blocks.add(id, block, size: size, pool: pool)
        } else {
          refused += 1
          if size > 0, size <= pool.pageSize.bytes.rawValue - 8,
            pool.statistics.inUse + 2 < pool.limit
          {
            throw .refused(id: id)
          }
        }
      case .resize(let id, let size):
        guard let old = unsafe blocks.block(id) else { continue }
        guard let block = unsafe allocator.allocate(size, from: &pool) else {
          refused += 1
          continue
        }
        let oldSize = blocks.size(id)
        try blocks.remove(id)
        unsafe allocator.free(old, size: oldSize, to: &pool)
        try unsafe blocks.add(id, block, size: size, pool: pool)
      case .free(let id):
        guard let block = unsafe blocks.block(id) else { continue }
        try blocks.remove(id)
        unsafe allocator.free(block, size: blocks.size(id), to: &pool)
      }
      if checksInvariants, !allocator.checkInvariants() {
        throw .brokenInvariant(event: number)
      }
    }
    try blocks.checkAll()
    statistics = pool.statistics
    if blocks.isEmpty, statistics.inUse > 0 { throw .leak(pages: statistics.inUse) }
  }
}

/// The blocks that are allocated, as the driver believes.
@safe
struct BlockLedger {
  private var blocks: [UnsafeMutableRawPointer?]
  private var sizes: [Int32]
  private var shadow: [UInt64]
  private var count = 0
  private let origin: UnsafeRawPointer

  init(idCount: Int, pool: borrowing PagePool) {
    unsafe origin = pool.start
    unsafe blocks = Array(repeating: nil, count: idCount)
    sizes = Array(repeating: 0, count: idCount)
    shadow = Array(repeating: 0, count: (pool.limit * pool.pageSize.bytes.rawValue) >> 9)
  }

  var isEmpty: Bool { count == 0 }
  func block(_ id: Int) -> UnsafeMutableRawPointer? { unsafe blocks[id] }
  func size(_ id: Int) -> Int { Int(sizes[id]) }
  private func pattern(_ id: Int) -> UInt8 { UInt8(truncatingIfNeeded: id &* 167 &+ 13) }

  /// Notes a block and fills it.
  mutating func add(
    _ id: Int, _ block: UnsafeMutableRawPointer, size: Int, pool: borrowing PagePool
  ) throws(Finding) {
    guard UInt(bitPattern: block) & 7 == 0 else { throw .misaligned(id: id) }
    guard unsafe pool.holds(block, size: size) else { throw .outsidePage(id: id) }
    let words = unsafe shadowWords(block, size)
    for word in words {
      guard shadow[word >> 6] & 1 << (word & 63) == 0 else { throw .overlap(id: id) }
      shadow[word >> 6] |= 1 << (word & 63)
    }
    unsafe blocks[id] = block
    sizes[id] = Int32(size)
    count += 1
    unsafe block.initializeMemory(as: UInt8.self, repeating: pattern(id), count: size)
  }

  /// Checks a block and forgets it; its size stays known.
  mutating func remove(_ id: Int) throws(Finding) {
    guard let block = unsafe blocks[id] else { return }
    try check(id)
    let words = unsafe shadowWords(block, size(id))
    for word in words {
      shadow[word >> 6] &= ~(1 << (word & 63))
    }
    unsafe blocks[id] = nil
    count -= 1
  }

  /// Checks the contents of every block.
  func checkAll() throws(Finding) {
    for id in sizes.indices { try check(id) }
  }

  private func check(_ id: Int) throws(Finding) {
    guard let block = unsafe blocks[id] else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: block, count: size(id))
    let expected = pattern(id)
    guard unsafe bytes.allSatisfy({ $0 == expected }) else { throw .overwritten(id: id) }
  }

  private func shadowWords(_ block: UnsafeMutableRawPointer, _ size: Int) -> Range<Int> {
    let offset = unsafe UnsafeRawPointer(block) - origin
    return offset >> 3..<(offset + size + 7) >> 3
  }
}
