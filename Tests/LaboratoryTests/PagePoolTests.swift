// SPDX-License-Identifier: MIT

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
