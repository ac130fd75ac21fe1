// SPDX-License-Identifier: GPL-2.0 OR MIT

// How pages come and go.
//
//     first page       │ table │ ········ extents ········· │
//     other pages      │ ············· extents ············ │
//     a large block    │ 8 bytes │ block ·················· │     no header: free is told the size
//
// A page that holds nothing but the table is *vacated*: the table moves into a free extent of another
// page. That costs a look at every free extent, and one page among many is nothing: only up to 32 pages,
// where it is 3 % at least. A trace that drains to nothing is the one that notices (a penalty of 0.338
// instead of 0.361 on trace 3). To a table that moved, pages below its own are the highest; that is an order
// as good as any other.

public import Pages

extension ExtentLists {
  /// The most pages among which the table moves.
  @inlinable static var mostPagesToMove: Int { 32 }

  /// Gives a request above the largest extent a page of its own, if a page holds it.
  @inlinable @inline(never)
  mutating func allocateWholePage<Source: PageSource & ~Copyable>(
    _ size: Int, _ source: inout Source
  ) -> Place? {
    guard size > 0, size <= source.largestRequest, let page = source.takePage() else { return nil }
    return page + 8
  }

  /// Opens the table, and takes the first block.
  ///
  /// - Returns: nil where no page is left; then everything is as before.
  @inlinable @inline(never)
  mutating func allocateFirst<Source: PageSource & ~Copyable>(
    _ count: Int, _ units: Units, _ source: inout Source
  ) -> Place? {
    guard let page = source.takePage() else { return nil }
    let table = ExtentTable(page + (8 &+ ExtentTable.headBytes))
    table.open(pages: 1, pageShift: units.pageBytes.trailingZeroBitCount)
    let used = units.count(ExtentTable.byteCount)
    lay(used, page, units, table)
    let block: Place
    if count <= units.perPage &- used {
      let place = page + (4 &+ units.bytes(used))
      take(count, place, units, table)
      block = place + 4
    } else {
      guard let place = takeInNewPage(count, units, table, &source) else {
        source.returnPage(page)
        return nil
      }
      block = place
    }
    entry = table.at
    return block
  }

  /// Takes a page, and a block from its beginning.
  ///
  /// - Returns: nil where no page is left; then everything is as before.
  @inlinable @inline(never)
  mutating func takeInNewPage<Source: PageSource & ~Copyable>(
    _ count: Int, _ units: Units, _ table: ExtentTable, _ source: inout Source
  ) -> Place? {
    guard let page = source.takePage() else { return nil }
    table.pages &+= 1
    lay(count, page, units, table)
    return page + 8
  }

  /// Cuts a new page into an allocated extent and a free one.
  @inlinable
  func lay(_ count: Int, _ page: Place, _ units: Units, _ table: ExtentTable) {
    let place = page + 4
    let end = place + units.bytes(units.perPage)
    place.tag = ExtentTag(length: count)
    place.freeBefore = 0
    end.tag = ExtentTag(length: 0)
    leave(units.perPage &- count, end, units, table)
  }

  /// Returns a page without an allocated extent.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(
    _ page: Place, _ units: Units, _ table: ExtentTable, _ source: inout Source
  ) {
    source.returnPage(page)
    table.pages &-= 1
    vacateIfIdle(units, table, &source)
  }

  /// Sees whether the page of the table holds nothing else; then moves the table into another page, or
  /// ends it where there is none, and returns the page.
  @inlinable @inline(never)
  mutating func vacateIfIdle<Source: PageSource & ~Copyable>(
    _ units: Units, _ table: ExtentTable, _ source: inout Source
  ) {
    guard table.pages <= Self.mostPagesToMove else { return }
    let extent = table.extent
    let count = extent.tag.length
    let before = extent.freeBefore
    let after = extent + units.bytes(count)
    guard before &+ count &+ after.tag.freeLength == units.perPage else { return }
    if table.pages == 1 {
      entry = nil
    } else {
      guard let moved = move(table, count, before, after, units) else { return }
      entry = moved.at
    }
    source.returnPage(extent.roundedDown(to: units.pageBytes))
  }

  /// Moves the table into another page, with all lists but those of its neighbours.
  ///
  /// - Returns: nil where no page has room for it; then everything is as before.
  @inlinable
  func move(
    _ table: ExtentTable, _ count: Int, _ before: Int, _ after: Place, _ units: Units
  ) -> ExtentTable? {
    let leader = table.extent - units.bytes(before)
    let follower = after.tag
    let hasLeader = leader.tag.isListed
    if hasLeader { table.unlist(leader) }
    if follower.isListed { table.unlist(after) }
    let position = Fit.find(count, in: table)
    guard position != ExtentTable.nobody else {
      if hasLeader { table.list(leader, length: before, ordered: Fit.ordered) }
      if follower.isListed { table.list(after, length: follower.length, ordered: Fit.ordered) }
      return nil
    }
    let place = table[position]
    take(count, place, units, table)
    let moved = ExtentTable(place + (4 &+ ExtentTable.headBytes))
    moved.open(pages: table.pages &- 1, pageShift: table.pageShift)
    moved.takeOver(table)
    return moved
  }
}
