// SPDX-License-Identifier: MIT

// What the conformance suite does not ask of the lists of extents by name: where the table goes.

import Allocators
import Pages
import Testing

@Suite struct ExtentListsTests {
  @Test func `the table moves out of a page that holds nothing else`() throws {
    var pages = TestPages()
    var allocator = NearBestFit()
    let first = try #require(allocator.allocate(6000, from: &pages))
    let second = try #require(allocator.allocate(4000, from: &pages))
    let pagesOfBlocks = [pages.page(of: first), pages.page(of: second)]
    #expect(pagesOfBlocks[0] != pagesOfBlocks[1])
    allocator.free(first, size: 6000, to: &pages)
    let held = pages.held
    #expect(held == [pagesOfBlocks[1]])
    let holds = allocator.checkInvariants()
    #expect(holds)
    // It is the table that it was: what is free beside it is found.
    let third = try #require(allocator.allocate(2000, from: &pages))
    let pageOfThird = pages.page(of: third)
    #expect(pageOfThird == pagesOfBlocks[1])
    let stillHolds = allocator.checkInvariants()
    #expect(stillHolds)
    allocator.free(second, size: 4000, to: &pages)
    allocator.free(third, size: 2000, to: &pages)
    let areReturned = pages.held.isEmpty
    #expect(areReturned)
  }

  @Test func `the table stays where no page has room for it, and goes with the last block`() throws
  {
    var pages = TestPages()
    var allocator = NearBestFit()
    let first = try #require(allocator.allocate(6000, from: &pages))
    let second = try #require(allocator.allocate(7000, from: &pages))
    allocator.free(first, size: 6000, to: &pages)
    let heldCount = pages.held.count
    #expect(heldCount == 2)
    let holds = allocator.checkInvariants()
    #expect(holds)
    allocator.free(second, size: 7000, to: &pages)
    let areReturned = pages.held.isEmpty
    #expect(areReturned)
  }

  @Test(arguments: [4096, 8192, 65536])
  func `a block of nearly a page needs nothing else`(pageBytes: Int) throws {
    var pages = TestPages(pageBytes: pageBytes, cap: 1)
    var allocator = NearBestFit()
    let block = try #require(allocator.allocate(pageBytes - 8, from: &pages))
    let start = pages.page(of: block) + 8
    #expect(block == start)
    let isRefused = allocator.allocate(1, from: &pages) == nil
    #expect(isRefused)
    allocator.free(block, size: pageBytes - 8, to: &pages)
    let areReturned = pages.held.isEmpty
    #expect(areReturned)
  }
}
