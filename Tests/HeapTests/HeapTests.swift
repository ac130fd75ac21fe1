// SPDX-License-Identifier: MIT

import Dispatch
import Glibc
import Instruments
import Testing

@testable import Heap

/// The heap beside the C library's, in this process, by its own verbs.
@Suite(.serialized) struct HeapTests {
  private struct Block {
    let start: UInt
    let size: Int
    let stamp: UInt8
  }

  /// Whether `count` bytes all are the given one; by the C library, for this is no optimised build.
  private func isAll(_ start: UInt, _ count: Int, _ byte: UInt8) -> Bool {
    guard count > 0, let first = UnsafeRawPointer(bitPattern: start) else { return true }
    return first.load(as: UInt8.self) == byte && memcmp(first, first + 1, count - 1) == 0
  }

  /// What is wrong with a new block, if anything is; stamps it.
  private func begin(_ block: Block) -> String? {
    guard let usable = Heap.usableSize(block.start), usable >= block.size else {
      return "it can't be used"
    }
    guard isAll(block.start, usable, 0) else { return "it is not zero" }
    if let first = UnsafeMutableRawPointer(bitPattern: block.start) {
      memset(first, Int32(block.stamp), block.size)
    }
    return nil
  }

  private func end(_ block: Block) -> String? {
    let isWhole = isAll(block.start, block.size, block.stamp)
    Heap.release(block.start)
    return isWhole ? nil : "its content has changed"
  }

  private func run(seed: UInt64, steps: Int) {
    var generator = SeededGenerator(seed: seed)
    var blocks: [Block] = []
    for step in 0..<steps {
      var wrong: String?
      if blocks.count < 20 || (blocks.count < 300 && Bool.random(using: &generator)) {
        let limit = [64, 1024, 20_000, 100_000, 600_000][
          min(Int.random(in: 0..<20, using: &generator), 4)]
        let size = Int.random(in: 0...limit, using: &generator)
        let shift = Int.random(in: 0...12, using: &generator)
        let start =
          shift > 4 ? Heap.allocate(size, alignment: 1 << shift) : Heap.allocate(size)
        let block = Block(start: start, size: size, stamp: UInt8(step & 255))
        wrong =
          start % UInt(max(16, shift > 4 ? 1 << shift : 16)) != 0 ? "misaligned" : begin(block)
        blocks.append(block)
      } else {
        let index = blocks.indices.randomElement(using: &generator) ?? 0
        wrong = end(blocks.remove(at: index))
      }
      if let wrong {
        Issue.record("seed \(seed), step \(step): \(wrong)")
        return
      }
    }
    for block in blocks { #expect(end(block) == nil) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `every block is zero and its owner's alone`(seed: UInt64) {
    run(seed: seed, steps: 20_000)
  }

  @Test func `eight threads at once get blocks of their own`() {
    DispatchQueue.concurrentPerform(iterations: 8) { run(seed: UInt64(100 + $0), steps: 4000) }
  }

  @Test func `an address that no block begins at is known to be none`() {
    let block = Heap.allocate(100)
    #expect(Heap.usableSize(block) == 112)
    #expect(Heap.usableSize(block + 16) == nil)
    #expect(Heap.usableSize(0) == nil)
    #expect(Heap.usableSize(4096) == nil)
    #expect(Heap.usableSize(.max) == nil)
    var local = 0
    withUnsafePointer(to: &local) { #expect(Heap.usableSize(UInt(bitPattern: $0)) == nil) }
    Heap.release(block)
  }

  @Test func `what can't be allocated is refused, whatever the numbers`() {
    for size in [-1, Int.min, Int.max, Int.max - 4096, 1 << 56] {
      #expect(Heap.allocate(size) == 0, "\(size)")
      #expect(Heap.allocate(size, alignment: 4096) == 0, "\(size)")
    }
    #expect(Heap.allocate(1, alignment: 1 << 40) == 0)
  }

  @Test func `untouched blocks commit nothing`() {
    let before = Heap.statistics(committed: true)
    let blocks = (0..<1000).map { _ in Heap.allocate(100_000) }
    let after = Heap.statistics(committed: true)
    #expect(after.live - before.live >= 100_000_000)
    if let first = before.committed, let second = after.committed {
      #expect(second - first < 2_000_000, "\(second - first) bytes")
    }
    for block in blocks { Heap.release(block) }
    #expect(Heap.statistics(committed: false).live == before.live)
  }
}
