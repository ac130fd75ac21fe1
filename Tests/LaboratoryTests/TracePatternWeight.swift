// SPDX-License-Identifier: MIT

import Allocators
import Glibc
import Pages

@testable import Laboratory

/// What a trace costs an allocator, in figures that are the same on every machine.
///
/// The work of an operation is counted in words of control data that it changes: what it writes, but
/// not what it only reads. Blocks are not written to, so that whatever changes in a page is control
/// data.
struct TraceWeight {
  /// Mean over the events of (bytes of pages in use − live bytes) / live bytes.
  var penalty = 0.0
  /// The same over the events before the blocks that are left are freed.
  var overhead = 0.0
  /// The requests of the last size that got a block in a page which was there when the first of them
  /// was made.
  var servedFromOldPages = 0
  /// Those requests.
  var lastRow = 0
  /// Mean over the operations of 8-byte words that changed.
  var wordsChanged = 0.0
  /// Pages taken, in all and at most at one time.
  var pagesRequested = 0
  var peakPages = 0
  var operations = 0
}

/// Weighs one allocator.
struct Weigh: AllocatorVisitor {
  let trace: Trace
  var countsWords = false
  var limit = PagePool.usualLimit

  mutating func visit<Allocator: KernelMemoryAllocator & ~Copyable>(
    _ type: Allocator.Type
  ) throws -> TraceWeight {
    var pool = try PagePool(limit: limit)
    var allocator = Allocator()
    let pageBytes = pool.pageSize.bytes.rawValue
    var blocks = [UnsafeMutableRawPointer?](repeating: nil, count: trace.idCount)
    var sizes = [Int](repeating: 0, count: trace.idCount)
    var weight = TraceWeight()
    var live = 0
    var sum = 0.0
    var counted = 0
    var changed = 0
    var before = [UInt64](repeating: 0, count: countsWords ? limit * pageBytes / 8 : 0)
    let closing = trace.events.reversed().prefix { if case .free = $0 { true } else { false } }
      .count
    let lastRun = Self.lastRun(of: trace)
    var pagesBefore = 0
    for (number, event) in trace.events.enumerated() {
      if number == lastRun { pagesBefore = pool.statistics.peak }
      switch event {
      case .request(let id, let size):
        blocks[id] = allocator.allocate(size, from: &pool)
        sizes[id] = size
        if number >= lastRun { weight.lastRow += 1 }
        if number >= lastRun, let block = blocks[id],
          UnsafeRawPointer(block) - pool.start < pagesBefore * pageBytes
        {
          weight.servedFromOldPages += 1
        }
        if blocks[id] != nil { live += size }
      case .resize: continue
      case .free(let id):
        guard let block = blocks[id] else { continue }
        allocator.free(block, size: sizes[id], to: &pool)
        blocks[id] = nil
        live -= sizes[id]
      }
      if number == trace.events.count - closing {
        weight.overhead = sum / Double(max(1, counted))
      }
      if live > 0 {
        sum += Double(pool.statistics.inUse * pageBytes - live) / Double(live)
        counted += 1
      }
      if countsWords {
        changed += Self.update(&before, from: pool.start, pages: pool.statistics.peak, pageBytes)
      }
    }
    weight.operations = trace.events.count
    weight.penalty = counted == 0 ? 0 : sum / Double(counted)
    weight.wordsChanged = Double(changed) / Double(max(1, trace.events.count))
    weight.pagesRequested = pool.statistics.requested
    weight.peakPages = pool.statistics.peak
    return weight
  }

  /// The number of the first event of the last row of requests of one size.
  private static func lastRun(of trace: Trace) -> Int {
    var first = trace.events.count
    var last: Int?
    for (number, event) in trace.events.enumerated().reversed() {
      guard case .request(_, let size) = event else {
        if last == nil { continue } else { break }
      }
      if let last, last != size { break }
      last = size
      first = number
    }
    return first
  }

  /// Counts the words that differ, and takes them over.
  private static func update(
    _ before: inout [UInt64], from start: UnsafeRawPointer, pages: Int, _ pageBytes: Int
  ) -> Int {
    var changed = 0
    before.withUnsafeMutableBytes { before in
      for page in 0..<pages {
        let old = before.baseAddress! + page * pageBytes
        let new = start + page * pageBytes
        if memcmp(old, new, pageBytes) == 0 { continue }
        for offset in stride(from: 0, to: pageBytes, by: 64)
        where memcmp(old + offset, new + offset, 64) != 0 {
          for word in stride(from: offset, to: offset + 64, by: 8)
          where (old + word).load(as: UInt64.self) != (new + word).load(as: UInt64.self) {
            changed += 1
          }
        }
        memcpy(old, new, pageBytes)
      }
    }
    return changed
  }
}
