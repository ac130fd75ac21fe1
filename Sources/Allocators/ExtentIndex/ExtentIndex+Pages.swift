// SPDX-License-Identifier: GPL-2.0 OR MIT

// How the pages of the extent index, its groups and its branches come and go.
//
//     a group's first page   │ node │ branch? │ ····· extents ····· │
//     its other pages        │ ············· extents ·············· │
//
// A branch is allocated in the pages that there are, where it fits. A new group needs one at most, as
// it may be the child of a branch of any level until its place is needed for a branch.
//
// A page that holds nothing but its group's node is *vacated*: the node moves into another page of the
// group, and the headers of the group's extents, which lead to it, are written again. Otherwise each
// group would keep a page, and where a trace drains that is most of the waste (0.228 against 0.209).

public import Pages

/// Where a new group goes.
@frozen
@usableFromInline
enum GroupPlace {
  case root
  case vacant(branch: IndexNode, slot: Int)
  /// Into a new branch of that level, together with the node that is there now.
  case beside(IndexNode, level: Int)
}

extension ExtentIndex {
  /// Takes a page and places a block in it.
  ///
  /// - Returns: nil where no page is left; then everything is as before.
  @inlinable @inline(never)
  mutating func takeInNewPage<Source: PageSource & ~Copyable>(
    _ count: Int, _ units: Units, _ source: inout Source
  ) -> Place? {
    guard let page = source.takePage() else { return nil }
    if let group = groupWithVacantPlace { return place(count, in: page, 0, 0, of: group, units) }
    return openGroup(count, page, units, &source)
  }

  /// Makes a page one of a group's, and places a block in it behind control data.
  @inlinable
  func place(
    _ count: Int, in page: Place, _ used: Int, _ before: Int, of group: IndexNode, _ units: Units
  ) -> Place {
    let number = add(page, to: group)
    let place = page + units.bytes(used)
    let rest = ExtentHeader(
      freeLength: units.perPage &- used, before: before, page: number, next: 0, previous: 0)
    cut(count, at: place, rest, in: group, units)
    return place
  }

  /// Gives a page a place of a group.
  @inlinable
  func add(_ page: Place, to group: IndexNode) -> Int {
    let number = group.room.trailingZeroBitCount
    group.setPage(number, page)
    group.room &= group.room &- 1
    if group.room == 0 { group.forget(0) }
    return number
  }

  /// Opens a group with a page, and with another where control data leave no room for the block.
  @inlinable
  mutating func openGroup<Source: PageSource & ~Copyable>(
    _ count: Int, _ page: Place, _ units: Units, _ source: inout Source
  ) -> Place? {
    let place = placeForGroup
    let capacity = min(Fit.pagesPerGroup, max(8, source.statistics.inUse))
    let nodeUnits = units.count(IndexNode.groupBytes(capacity: capacity))
    let branchUnits = units.count(IndexNode.branchBytes)
    var needsBranch = false
    if case .beside = place { needsBranch = true }
    let elsewhere = needsBranch ? takeForControl(branchUnits, units) : nil
    let hasBranch = needsBranch && elsewhere == nil
    let used = nodeUnits &+ (hasBranch ? branchUnits : 0)
    var second: Place?
    if units.perPage &- used < count {
      second = source.takePage()
      if second == nil {
        if let elsewhere { give(elsewhere, units, &source) }
        source.returnPage(page)
        return nil
      }
    }
    let group = IndexNode(page + 8)
    group.at.clear(IndexNode.groupBytes(capacity: capacity))
    group.capacity = UInt8(truncatingIfNeeded: capacity)
    group.pageShift = UInt8(truncatingIfNeeded: units.pageBytes.trailingZeroBitCount)
    group.setPage(0, group.nobody)
    group.room = group.allPlaces
    group.setPresent(0, 1)
    group.ownPage = 1
    page.header = ExtentHeader(length: nodeUnits, before: 0, page: 1, node: page)
    let inPage = page + units.bytes(nodeUnits)
    if hasBranch {
      inPage.header = ExtentHeader(length: branchUnits, before: nodeUnits, page: 1, node: page)
    }
    attach(group, place, (elsewhere ?? inPage) + 8)
    let before = hasBranch ? branchUnits : nodeUnits
    guard let second else { return self.place(count, in: page, used, before, of: group, units) }
    _ = add(page, to: group)
    if used < units.perPage {
      group.list(
        page + units.bytes(used), length: units.perPage &- used, before: before, page: 1, units)
    }
    return self.place(count, in: second, 0, 0, of: group, units)
  }

  /// Takes an extent for control data from the pages that there are.
  @inlinable
  func takeForControl(_ count: Int, _ units: Units) -> Place? {
    guard let entry, let found = Fit.find(count, in: IndexView(entry, units)) else { return nil }
    take(count, found, units)
    return found.place
  }

  /// The first group that has a vacant place.
  @inlinable var groupWithVacantPlace: IndexNode? {
    guard var node = entry, node.present(0) & 1 != 0 else { return nil }
    while node.level > 0 { node = node.child(node[0].trailingZeroBitCount) }
    return node
  }

  /// Where a group is to be added.
  @inlinable var placeForGroup: GroupPlace {
    guard var node = entry else { return .root }
    if node.level == 0 || node.room == 0 { return .beside(node, level: Int(node.level) &+ 1) }
    while true {
      let slot = node.room.trailingZeroBitCount
      if node.children &>> UInt64(truncatingIfNeeded: slot) & 1 == 0 {
        return .vacant(branch: node, slot: slot)
      }
      let child = node.child(slot)
      if child.level == 0 || child.room == 0 {
        return .beside(child, level: Int(child.level) &+ 1)
      }
      node = child
    }
  }

  /// Gives a group its place in the index; `spare` is where a branch may be laid out.
  @inlinable
  mutating func attach(_ group: IndexNode, _ place: GroupPlace, _ spare: Place) {
    switch place {
    case .root:
      entry = group
    case .vacant(let branch, let slot):
      adopt(group, branch, slot)
    case .beside(let old, let level):
      let branch = IndexNode(spare)
      branch.at.clear(IndexNode.branchBytes)
      branch.level = UInt16(truncatingIfNeeded: level)
      branch.room = .max
      if let parent = old.parent {
        replace(old, with: branch, parent)
      } else {
        branch.blocks = old.blocks
        entry = branch
      }
      adopt(old, branch, 0)
      adopt(group, branch, 1)
    }
  }

  /// Puts a node into a branch's vacant place.
  @inlinable
  func adopt(_ node: IndexNode, _ branch: IndexNode, _ slot: Int) {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot)
    branch.setChild(slot, node)
    branch.children |= bit
    node.parent = branch
    node.slot = UInt16(truncatingIfNeeded: slot)
    for word in 0..<3 {
      var bits = node.present(word)
      while bits != 0 {
        branch.noteBelow(word &<< 6 &+ bits.trailingZeroBitCount, slot)
        bits &= bits &- 1
      }
    }
    updateRoom(branch, slot)
  }

  /// Puts a branch where a node was; its words come with its children.
  @inlinable
  func replace(_ old: IndexNode, with branch: IndexNode, _ parent: IndexNode) {
    let slot = Int(old.slot)
    parent.setChild(slot, branch)
    branch.parent = parent
    branch.slot = old.slot
    for word in 0..<3 { branch.setPresent(word, old.present(word)) }
  }

  /// Sees whether a group can be added in or below a place, and tells so above.
  @inlinable
  func updateRoom(_ branch: IndexNode, _ slot: Int) {
    var node = branch
    var slot = slot
    while true {
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: slot)
      var hasRoom = node.children & bit == 0
      if !hasRoom {
        let child = node.child(slot)
        hasRoom = child.level &+ 1 < node.level || child.level > 0 && child.room != 0
      }
      let old = node.room
      node.room = hasRoom ? old | bit : old & ~bit
      guard (old == 0) != (node.room == 0), let parent = node.parent else { return }
      slot = Int(node.slot)
      node = parent
    }
  }

  /// Returns a page without an allocated extent.
  @inlinable @inline(never)
  mutating func close<Source: PageSource & ~Copyable>(
    _ page: Place, _ number: Int, _ group: IndexNode, _ units: Units, _ source: inout Source
  ) {
    if group.room == 0 { group.note(0) }
    group.room |= 1 &<< UInt64(truncatingIfNeeded: number)
    source.returnPage(page)
    vacateIfIdle(group, units, &source)
  }

  /// Sees whether the page of a group's node holds nothing else; then moves the node, or takes the
  /// group out of the index where that is its only page.
  @inlinable @inline(__always)
  mutating func vacateIfIdle<Source: PageSource & ~Copyable>(
    _ group: IndexNode, _ units: Units, _ source: inout Source
  ) {
    let node = group.at - 8
    let header = node.header
    var length = header.length
    let after = node + units.bytes(length)
    if header.before != 0 {
      let leader = node - units.bytes(header.before)
      guard leader.header.isFree else { return }
      length &+= header.before
    }
    if !units.isPageEnd(after) {
      guard after.header.isFree else { return }
      length &+= after.header.length
    }
    if length == units.perPage { vacate(group, units, &source) }
  }

  @inlinable @inline(never)
  mutating func vacate<Source: PageSource & ~Copyable>(
    _ group: IndexNode, _ units: Units, _ source: inout Source
  ) {
    let own = Int(group.ownPage)
    let ownBit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: own)
    if group.room | ownBit == group.allPlaces {
      if group.parent != nil { dissolve(group, units, &source) }
      return
    }
    let node = group.at - 8
    let count = node.header.length
    guard let place = takeAligned(count, in: group, units) else { return }
    // Out of the lists with what lies beside the node.
    let before = node.header.before
    if before != 0 { group.unlist((node - units.bytes(before)).header, units) }
    let after = node + units.bytes(count)
    if !units.isPageEnd(after) { group.unlist(after.header, units) }
    if group.room == 0 { group.note(0) }
    group.room |= ownBit
    group.ownPage = UInt16(truncatingIfNeeded: place.header.page)
    let moved = IndexNode(place + 8)
    moved.at.copy(group.at, units.bytes(count) &- 8)
    moved.setPage(0, moved.nobody)
    if let parent = moved.parent {
      parent.setChild(Int(moved.slot), moved)
    } else {
      entry = moved
    }
    moved.claimExtents(units)
    source.returnPage(node.roundedDown(to: units.pageBytes))
  }

  /// Takes an extent that begins at a multiple of 1 KiB from a group's pages, but that of its node.
  @inlinable
  func takeAligned(_ count: Int, in group: IndexNode, _ units: Units) -> Place? {
    // In front of a multiple of 1 KiB there may be as much, less one unit.
    let enough = count &+ max(0, 1024 &>> units.shift &- 1)
    guard enough < units.perPage,
      let start = group.firstExtent(
        from: ExtentClass.ceiling(enough), notIn: Int(group.ownPage), units)
    else { return nil }
    let header = start.header
    group.unlist(header, units)
    let skipped = ((0 &- start.offset(in: 1024)) & 1023) &>> units.shift
    let place = start + units.bytes(skipped)
    let rest = ExtentHeader(
      freeLength: header.length &- skipped, before: skipped > 0 ? skipped : header.before,
      page: header.page, next: 0, previous: 0)
    if skipped > 0 {
      group.list(start, length: skipped, before: header.before, page: header.page, units)
      let after = place + units.bytes(rest.length)
      if !units.isPageEnd(after) { after.header = after.header.with(before: rest.length) }
    }
    cut(count, at: place, rest, in: group, units)
    return place
  }

  @inlinable @inline(never)
  mutating func dissolve<Source: PageSource & ~Copyable>(
    _ group: IndexNode, _ units: Units, _ source: inout Source
  ) {
    let parent = group.parent!
    let slot = Int(group.slot)
    for word in 0..<3 {
      var bits = group.present(word)
      while bits != 0 {
        parent.forgetBelow(
          word &<< 6 &+ bits.trailingZeroBitCount, 1 &<< UInt64(truncatingIfNeeded: slot))
        bits &= bits &- 1
      }
    }
    parent.children &= ~(1 &<< UInt64(truncatingIfNeeded: slot))
    updateRoom(parent, slot)
    let rest = parent.children
    let isSpare = rest & (rest &- 1) == 0
    if isSpare { replaceByOnlyChild(parent) }
    // The index is whole again: what is not needed any more can be freed as anything else.
    source.returnPage(group.at.roundedDown(to: units.pageBytes))
    if isSpare { give(parent.at - 8, units, &source) }
  }

  /// Puts a branch's only child where the branch is.
  @inlinable
  mutating func replaceByOnlyChild(_ branch: IndexNode) {
    let last = branch.child(branch.children.trailingZeroBitCount)
    last.parent = branch.parent
    if let above = branch.parent {
      last.slot = branch.slot
      above.setChild(Int(branch.slot), last)
      updateRoom(above, Int(branch.slot))
    } else {
      last.blocks = branch.blocks
      entry = last
    }
  }

  /// Returns all pages where no block is left. They are chained first: the last to be returned have
  /// what the way to the others was.
  @inlinable @inline(never)
  mutating func returnAllPages<Source: PageSource & ~Copyable>(_ source: inout Source) {
    var chain: Place?
    Self.chainPages(of: entry!, &chain)
    entry = nil
    while let page = chain {
      chain = page.link(0)
      source.returnPage(page)
    }
  }

  @inlinable
  static func chainPages(of node: IndexNode, _ chain: inout Place?) {
    if node.level == 0 {
      var pages = node.allPlaces & ~node.room
      while pages != 0 {
        let page = node.page(pages.trailingZeroBitCount)
        page.setLink(0, chain)
        chain = page
        pages &= pages &- 1
      }
      return
    }
    var children = node.children
    while children != 0 {
      chainPages(of: node.child(children.trailingZeroBitCount), &chain)
      children &= children &- 1
    }
  }
}
