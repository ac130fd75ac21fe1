// SPDX-License-Identifier: MIT

import Allocators
import Laboratory
import Pages
import Testing

@Suite struct PagePoolTests {
  @Test func `pages are aligned, counted, and end`() throws {
    var pool = try PagePool(pageSize: PageSize(4096)!, limit: 3)
    var pages: [UnsafeMutableRawPointer] = []
    for _ in 0..<3 {
      let page = try pool.getPage()
      #expect(UInt(bitPattern: page) % 4096 == 0)
      page.storeBytes(of: 1, toByteOffset: 4088, as: Int.self)
      pages.append(page)
    }
    #expect(Set(pages).count == 3)
    #expect(throws: PageSourceError.exhausted(limit: 3)) { _ = try pool.getPage() }
    try pool.freePage(pages[1])
    #expect(pool.statistics.requested == 3 && pool.statistics.freed == 1)
    #expect(pool.statistics.inUse == 2 && pool.statistics.peak == 3)
    #expect(try pool.getPage() == pages[1])
  }

  @Test func `a page that is free or foreign is refused`() throws {
    var pool = try PagePool(limit: 4)
    let page = try pool.getPage()
    try pool.freePage(page)
    #expect(throws: PageSourceError.doubleFree(VirtualAddress(page))) { try pool.freePage(page) }
    for offset in [8, 8192, -8192, 4 * 8192] {
      let foreign = page + offset
      #expect(throws: PageSourceError.foreignPage(VirtualAddress(foreign))) {
        try pool.freePage(foreign)
      }
    }
    #expect(pool.statistics.freed == 1)
  }

  @Test func `a mapped page is zero again`() throws {
    var pages = try MappedPages(limit: 16)
    let page = try pages.getPage()
    page.storeBytes(of: 7, as: Int.self)
    try pages.freePage(page)
    let again = try pages.getPage()
    #expect(again == page && again.load(as: Int.self) == 0)
  }
}

@Suite struct ReplayTests {
  struct Verify: AllocatorVisitor {
    var trace: Trace
    var limit = PagePool.usualLimit
    var pageBytes = 8192
    mutating func visit<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws -> Verification
    {
      var pool = try PagePool(pageSize: PageSize(ByteCount(pageBytes))!, limit: limit)
      var allocator = A()
      return try Verification(trace, with: &allocator, pool: &pool)
    }
  }

  @Test(arguments: AllocatorName.allCases)
  func `a trace passes every check`(name: AllocatorName) throws {
    for lifetime in [TraceRecipe.Lifetime.uniform, .early] {
      var verify = Verify(
        trace: Trace(
          TraceRecipe(
            count: 3000, distribution: .log, sizes: 8...8000, lifetime: lifetime, seed: 5)))
      let result = try name.accept(&verify)
      #expect(result.refused == 0)
      #expect(result.statistics.inUse == 0)
      #expect(result.statistics.requested == result.statistics.freed)
    }
  }

  @Test(arguments: AllocatorName.allCases)
  func `few pages are enough or refused`(name: AllocatorName) throws {
    let trace = Trace(
      TraceRecipe(count: 3000, distribution: .log, sizes: 8...8184, lifetime: .uniform, seed: 6))
    for limit in [1, 2, 4, 64] {
      var verify = Verify(trace: trace, limit: limit)
      let result = try name.accept(&verify)
      #expect(result.refused > 0 && result.statistics.peak <= limit)
    }
  }

  @Test func `what an allocator does wrong is found`() throws {
    /// Hands out the same block twice, or one that is not aligned.
    struct Faulty: KernelMemoryAllocator, ~Copyable {
      nonisolated(unsafe) static var page: UnsafeMutableRawPointer?
      nonisolated(unsafe) static var offset = 0
      init() { Self.page = nil }
      mutating func allocate<S: PageSource & ~Copyable>(
        _ size: Int, from source: inout S
      ) -> UnsafeMutableRawPointer? {
        if Self.page == nil { Self.page = try? source.getPage() }
        return Self.page.map { $0 + Self.offset }
      }
      mutating func free<S: PageSource & ~Copyable>(
        _ block: UnsafeMutableRawPointer, size: Int, to source: inout S
      ) {}
      func checkInvariants() -> Bool { true }
    }
    func finding(_ text: String, offset: Int) throws -> Finding? {
      var pool = try PagePool()
      var allocator = Faulty()
      Faulty.offset = offset
      let trace = try Trace(reading: BytesInput(Array(text.utf8)))
      do throws(Finding) {
        _ = try Verification(trace, with: &allocator, pool: &pool)
        return nil
      } catch { return error }
    }
    let two = "4\nREQUEST 0 16\nREQUEST 1 16\nFREE 0\nFREE 1\n"
    #expect(try finding(two, offset: 0) == .overlap(id: 1))
    #expect(try finding(two, offset: 4) == .misaligned(id: 0))
    #expect(try finding(two, offset: 8184) == .outsidePage(id: 0))
    #expect(try finding("2\nREQUEST 0 16\nFREE 0\n", offset: 0) == .leak(pages: 1))
  }

  @Test(arguments: AllocatorName.allCases)
  func `a contest has all its figures`(name: AllocatorName) throws {
    struct Race: AllocatorVisitor {
      var trace: Trace
      mutating func visit<A: KernelMemoryAllocator & ~Copyable>(_ type: A.Type) throws -> Contest {
        try Contest(trace, with: type, runs: 3)
      }
    }
    var race = Race(
      trace: Trace(
        TraceRecipe(count: 500, distribution: .linear, sizes: 8...4000, lifetime: .early, seed: 9)))
    let result = try name.accept(&race)
    #expect(result.refused == 0 && result.statistics.inUse == 0)
    #expect(result.penalty > 0 && result.nanosecondsPerOperation > 0)
    #expect(
      result.allocate.p50 <= result.allocate.p99 && result.allocate.p99 <= result.allocate.worst)
    #expect(result.free.worst > 0)
  }
}
