// SPDX-License-Identifier: MIT

// One suite for all allocators: random requests against a model that knows every block, over a source
// that knows every page.

import Allocators
import Instruments
import Pages
import Testing

/// A source of pages for tests, with a cap that can be moved.
struct TestPages: PageSource, ~Copyable {
  let pageSize: PageSize
  var cap: Int
  private(set) var statistics = PageStatistics()
  private(set) var held: Set<UnsafeMutableRawPointer> = []
  private var spare: [UnsafeMutableRawPointer] = []

  init(pageBytes: Int = 8192, cap: Int = .max) {
    pageSize = PageSize(ByteCount(pageBytes))!
    self.cap = cap
  }

  deinit {
    for page in held { page.deallocate() }
    for page in spare { page.deallocate() }
  }

  mutating func getPage() throws(PageSourceError) -> UnsafeMutableRawPointer {
    guard held.count < cap else { throw .exhausted(limit: cap) }
    let bytes = pageSize.bytes.rawValue
    let page = spare.popLast() ?? .allocate(byteCount: bytes, alignment: bytes)
    // Nothing promises what a page holds: anything but zeros finds allocators that rely on it.
    page.initializeMemory(as: UInt8.self, repeating: 0xa5, count: bytes)
    held.insert(page)
    statistics.countRequest()
    return page
  }

  mutating func freePage(_ page: UnsafeMutableRawPointer) throws(PageSourceError) {
    guard held.remove(page) != nil else { throw .doubleFree(VirtualAddress(page)) }
    spare.insert(page, at: 0)
    statistics.countFree()
  }

  func page(of block: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    let address = UInt(bitPattern: block) & ~(UInt(pageSize.bytes.rawValue) - 1)
    return UnsafeMutableRawPointer(bitPattern: address)!
  }
}

/// What an allocator must have given, block by block.
struct Model<Allocator: KernelMemoryAllocator & ~Copyable>: ~Copyable {
  struct Block {
    var start: UnsafeMutableRawPointer
    var size: Int
    var fill: UInt8
  }

  var allocator = Allocator()
  var pages: TestPages
  var blocks: [Block] = []
  private var operations = 0
  /// Byte offsets in use, page by page.
  var covered: [UnsafeMutableRawPointer: Set<Int>] = [:]

  init(pageBytes: Int = 8192, cap: Int = .max) {
    pages = TestPages(pageBytes: pageBytes, cap: cap)
  }

  @discardableResult
  mutating func allocate(_ size: Int, fill: UInt8) throws -> Bool {
    let before = pages.statistics.inUse
    guard let start = allocator.allocate(size, from: &pages) else {
      let after = pages.statistics.inUse
      #expect(after == before, "a refused request keeps pages")
      let holds = allocator.checkInvariants()
      #expect(holds)
      return false
    }
    let isHeld = pages.held.contains(pages.page(of: start))
    let pageBytes = pages.pageSize.bytes.rawValue
    try #require(UInt(bitPattern: start) % 8 == 0, "misaligned \(start)")
    let page = pages.page(of: start)
    try #require(isHeld, "a block outside all pages")
    try #require(start - page + size <= pageBytes, "a block leaves its page")
    var isAlone = true
    for word in (start - page) / 8..<(start - page + size + 7) / 8 {
      if !covered[page, default: []].insert(word).inserted { isAlone = false }
    }
    try #require(isAlone, "two blocks overlap")
    start.initializeMemory(as: UInt8.self, repeating: fill, count: size)
    blocks.append(Block(start: start, size: size, fill: fill))
    expectInvariants()
    return true
  }

  mutating func free(at index: Int) throws {
    let block = blocks.remove(at: index)
    let bytes = UnsafeRawBufferPointer(start: block.start, count: block.size)
    try #require(bytes.isFilled(with: block.fill), "a block of \(block.size) was overwritten")
    let page = pages.page(of: block.start)
    for word in (block.start - page) / 8..<(block.start - page + block.size + 7) / 8 {
      covered[page]?.remove(word)
    }
    allocator.free(block.start, size: block.size, to: &pages)
    expectInvariants()
    let inUse = pages.statistics.inUse
    if blocks.isEmpty { try #require(inUse == 0, "pages are kept") }
  }

  /// After every operation while there are few pages; now and then with many, as it looks at them all.
  private mutating func expectInvariants() {
    operations += 1
    guard pages.held.count < 8 || operations % 32 == 0 else { return }
    let holds = allocator.checkInvariants()
    #expect(holds)
  }

  mutating func freeAll(_ random: inout SeededGenerator) throws {
    while !blocks.isEmpty { try free(at: .random(in: blocks.indices, using: &random)) }
  }
}

@Suite struct ConformanceTests {
  @Test(arguments: AllocatorUnderTest.all)
  func `the allocator is one pointer`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        #expect(MemoryLayout<A>.size == MemoryLayout<UnsafeRawPointer>.size)
      }
    }
    try allocator.check(Check.self)
  }

  @Test(arguments: AllocatorUnderTest.all)
  func `sizes at the limits`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        for pageBytes in [4096, 8192, 16384, 65536, 1 << 18] {
          var model = Model<A>(pageBytes: pageBytes)
          for size in [0, -1, pageBytes - 7, pageBytes, pageBytes + 1, .max, .min] {
            let isMet = try model.allocate(size, fill: 1)
            #expect(!isMet, "\(size) of \(pageBytes)")
          }
          let requested = model.pages.statistics.requested
          #expect(requested == 0)
          for size in [1, pageBytes - 8, 8, pageBytes - 9, pageBytes / 2, pageBytes / 2 - 8, 1] {
            let isMet = try model.allocate(size, fill: UInt8(size & 255))
            #expect(isMet, "\(size) of \(pageBytes)")
          }
          while !model.blocks.isEmpty { try model.free(at: model.blocks.count / 2) }
          let inUse = model.pages.statistics.inUse
          #expect(inUse == 0)
        }
      }
    }
    try allocator.check(Check.self)
  }

  @Test(arguments: AllocatorUnderTest.all)
  func `random requests against the model`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        for (pageBytes, largest) in [(8192, 8184), (8192, 200), (4096, 4000), (65536, 9000)] {
          let seed = UInt64.random(in: 0...(.max))
          try withKnownSeed(seed) {
            var random = SeededGenerator(seed: seed)
            var model = Model<A>(pageBytes: pageBytes)
            // The number of blocks swells and ebbs.
            for step in 0..<1500 {
              let goal = (step / 300) % 2 == 0 ? 400 : 5
              if model.blocks.isEmpty
                || Int.random(in: 0..<(2 * goal), using: &random) >= model.blocks.count
              {
                let limit = 1 << Int.random(in: 0...16, using: &random)
                let size = Int.random(in: 1...min(limit, largest), using: &random)
                let isMet = try model.allocate(size, fill: UInt8(step & 255))
                #expect(isMet)
              } else {
                try model.free(at: .random(in: model.blocks.indices, using: &random))
              }
            }
            try model.freeAll(&random)
          }
        }
      }
    }
    try allocator.check(Check.self)
  }

  @Test(arguments: AllocatorUnderTest.all)
  func `exhaustion changes nothing and is recovered from`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        for cap in [0, 1, 2, 3, 5, 9, 20, 70] {
          let seed = UInt64.random(in: 0...(.max))
          try withKnownSeed(seed) {
            var random = SeededGenerator(seed: seed)
            var model = Model<A>(cap: cap)
            for round in 0..<6 {
              var refusals = 0
              while refusals < 20 {
                let size = Int.random(in: 1...(round % 2 == 0 ? 8184 : 300), using: &random)
                if try !model.allocate(size, fill: UInt8(size & 255)) { refusals += 1 }
              }
              let inUse = model.pages.statistics.inUse
              #expect(inUse <= cap)
              let kept = round == 5 ? 0 : model.blocks.count / 3
              while model.blocks.count > kept {
                try model.free(at: .random(in: model.blocks.indices, using: &random))
              }
            }
            try model.freeAll(&random)
          }
        }
      }
    }
    try allocator.check(Check.self)
  }

  /// Blocks are told apart by what is written into their first and last bytes.
  @Test(arguments: AllocatorUnderTest.all)
  func `a hundred thousand operations`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededGenerator(seed: seed)
        var pages = TestPages()
        var allocator = A()
        var blocks: [(start: UnsafeMutableRawPointer, size: Int, mark: UInt64)] = []
        func free(_ index: Int) throws {
          let block = blocks[index]
          blocks[index] = blocks[blocks.count - 1]
          blocks.removeLast()
          let first = block.start.load(as: UInt64.self)
          let last = (block.start + block.size - 8).loadUnaligned(as: UInt64.self)
          try #require(first == block.mark || block.size < 16, "seed \(seed)")
          try #require(last == block.mark, "seed \(seed)")
          allocator.free(block.start, size: block.size, to: &pages)
        }
        for step in 0..<100_000 {
          let goal = (step / 12_500) % 2 == 0 ? 1500 : 20
          if blocks.isEmpty || Int(random.next() % UInt64(2 * goal)) >= blocks.count {
            let size = 8 + Int(random.next() & ((1 << (random.next() % 12)) - 1))
            let start = try #require(allocator.allocate(size, from: &pages), "seed \(seed)")
            let mark = random.next()
            start.storeBytes(of: mark, as: UInt64.self)
            (start + size - 8).storeBytes(of: mark, as: UInt64.self)
            blocks.append((start, size, mark))
          } else {
            try free(Int(random.next() % UInt64(blocks.count)))
          }
          if step % 5000 == 0 {
            let holds = allocator.checkInvariants()
            try #require(holds, "seed \(seed), step \(step)")
          }
        }
        while !blocks.isEmpty { try free(blocks.count - 1) }
        let inUse = pages.statistics.inUse
        #expect(inUse == 0, "seed \(seed)")
      }
    }
    try allocator.check(Check.self)
  }

  @Test(arguments: AllocatorUnderTest.all)
  func `many pages, taken and given back`(allocator: AllocatorUnderTest) throws {
    enum Check: Conformance {
      static func run<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws {
        for pageBytes in [4096, 8192] {
          var random = SeededGenerator(seed: 7)
          var model = Model<A>(pageBytes: pageBytes)
          for index in 0..<600 {
            let large = try model.allocate(pageBytes / 2 + index % 50, fill: UInt8(index & 255))
            let small = try model.allocate(1 + index % 90, fill: UInt8(index & 255))
            #expect(large && small)
          }
          try model.freeAll(&random)
        }
      }
    }
    try allocator.check(Check.self)
  }
}

/// Says which seed a failure came from.
func withKnownSeed(_ seed: UInt64, _ body: () throws -> Void) throws {
  do { try body() } catch {
    Issue.record("seed \(seed): \(error)")
  }
}
