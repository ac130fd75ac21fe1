// SPDX-License-Identifier: MIT

// The allocators over the sources that the laboratory has: the course's pool, mapped pages and blocks of
// a modelled machine, of every page size, and with more pages than one level of any index reaches.

import Allocators
import Instruments
import Laboratory
import Pages
import Testing

@Suite struct AllocatorsOverSourcesTests {
  /// Fills a source with blocks, frees them in random order, and does so again; all bytes are checked.
  struct Exercise: AllocatorVisitor {
    var pageBytes: Int
    var seed: UInt64
    var overModel = false

    mutating func visit<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
      let pageSize = PageSize(ByteCount(pageBytes))!
      guard overModel else {
        var pages = try MappedPages(pageSize: pageSize, limit: 4096)
        return try run(type, &pages)
      }
      var pages = try ModelPages(pageSize: pageSize, limit: 4096)
      try run(type, &pages)
      #expect(pages.checkMachine() == [], "seed \(seed)")
      // Single frames may wait in the processor's cache; all others are back in the buddy system.
      #expect(pageBytes == 4096 || pages.takenFrames == 0, "seed \(seed)")
    }

    func run<A: KernelMemoryAllocator & ~Copyable, Source: PageSource & ~Copyable>(
      _ type: A.Type, _ pages: inout Source
    ) throws {
      var allocator = A()
      var random = SeededGenerator(seed: seed)
      var blocks: [(start: UnsafeMutableRawPointer, size: Int, fill: UInt8)] = []
      for round in 0..<2 {
        for step in 0..<600 {
          let limit = min(pageBytes - 8, 1 << Int.random(in: 3...16, using: &random))
          let size = Int.random(in: 1...limit, using: &random)
          let fill = UInt8(truncatingIfNeeded: step &+ round)
          let start = try #require(allocator.allocate(size, from: &pages), "seed \(seed)")
          try #require(UInt(bitPattern: start) % 8 == 0, "seed \(seed)")
          start.initializeMemory(as: UInt8.self, repeating: fill, count: size)
          blocks.append((start, size, fill))
          if step % 3 == 0 {
            try free(.random(in: blocks.indices, using: &random), &blocks, &allocator, &pages)
          }
        }
        let holds = allocator.checkInvariants()
        #expect(holds, "seed \(seed)")
        while !blocks.isEmpty {
          try free(.random(in: blocks.indices, using: &random), &blocks, &allocator, &pages)
        }
        let inUse = pages.statistics.inUse
        #expect(inUse == 0, "seed \(seed)")
      }
    }

    func free<A: KernelMemoryAllocator & ~Copyable, Source: PageSource & ~Copyable>(
      _ index: Int, _ blocks: inout [(start: UnsafeMutableRawPointer, size: Int, fill: UInt8)],
      _ allocator: inout A, _ pages: inout Source
    ) throws {
      let block = blocks.remove(at: index)
      let bytes = UnsafeRawBufferPointer(start: block.start, count: block.size)
      let isWhole = bytes.isFilled(with: block.fill)
      try #require(isWhole, "seed \(seed): a block of \(block.size) was overwritten")
      allocator.free(block.start, size: block.size, to: &pages)
    }
  }

  @Test(arguments: AllocatorName.allCases, [4096, 8192, 16384, 65536])
  func `mapped pages of every size`(name: AllocatorName, pageBytes: Int) throws {
    var exercise = Exercise(pageBytes: pageBytes, seed: .random(in: 0...(.max)))
    try name.accept(&exercise)
  }

  @Test(arguments: AllocatorName.allCases, [4096, 8192, 16384, 65536])
  func `blocks of a modelled machine, of every size`(name: AllocatorName, pageBytes: Int) throws {
    var exercise = Exercise(pageBytes: pageBytes, seed: .random(in: 0...(.max)), overModel: true)
    try name.accept(&exercise)
  }

  /// Takes a hundred thousand pages of 4 KiB: one block each, and small ones between.
  struct Crowd: AllocatorVisitor {
    mutating func visit<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
      var pool = try PagePool(pageSize: PageSize(4096)!, limit: 120_000)
      var allocator = A()
      var blocks: [UnsafeMutableRawPointer] = []
      while pool.statistics.inUse < 100_000 {
        blocks.append(try #require(allocator.allocate(3900, from: &pool)))
      }
      #expect(Set(blocks.map { UInt(bitPattern: $0) >> 12 }).count == blocks.count)
      // Every second one first, so that what is left lies everywhere.
      for start in [0, 1] {
        for index in stride(from: start, to: blocks.count, by: 2) {
          allocator.free(blocks[index], size: 3900, to: &pool)
        }
        if start == 0 {
          let holds = allocator.checkInvariants()
          #expect(holds)
        }
      }
      let inUse = pool.statistics.inUse
      #expect(inUse == 0)
    }
  }

  @Test(arguments: AllocatorName.allCases)
  func `a hundred thousand pages`(name: AllocatorName) throws {
    var crowd = Crowd()
    try name.accept(&crowd)
  }
}
