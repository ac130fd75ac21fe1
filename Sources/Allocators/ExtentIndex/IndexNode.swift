// SPDX-License-Identifier: GPL-2.0 OR MIT

// The index: a tree that tells where extents of a class are, low pages first.
//
//     branch  │ for each class a word: bit i is set iff child i has such an extent │ child │ child │ …
//                                                                                       │
//     group   │ for each class the position of the first such extent │ page │ page │ …
//
// Terms: a *group* is up to 31 pages, numbered from 1. A *branch* has up to 64 children, groups or
// branches of a lower *level*. Their nodes are allocated extents like any other, but that of a group
// lies in a page of its own, at a multiple of 1 KiB. Class 0 stands for vacant places: where a page can be added to a group.
//
// Invariants:
// - A bit of `present` is set iff the node has an extent of that class, or a vacant place.
// - Bit i of a branch's word k is set iff bit k of child i's `present` is.
// - Place 0 of a group's pages is `nobody`, so that lists are linked without asking for their ends.
// - A branch has two children at least. Bit i of its `room` is set iff a group can be added in or
//   below place i.

/// What groups and branches begin with.
@frozen
@usableFromInline
struct IndexNode: Equatable, BitwiseCopyable {
  @usableFromInline let at: Place

  @inlinable
  init(_ at: Place) { self.at = at }

  @inlinable static var headBytes: Int { 72 }

  @inlinable var parent: IndexNode? {
    get { at.load(0, as: IndexNode?.self) }
    nonmutating set { at.store(0, newValue) }
  }
  /// The node's place in its parent.
  @inlinable var slot: UInt16 {
    get { at.load(8) }
    nonmutating set { at.store(8, newValue) }
  }
  /// 0 for a group.
  @inlinable var level: UInt16 {
    get { at.load(10) }
    nonmutating set { at.store(10, newValue) }
  }
  /// Places of a group, place 0 included, which is none.
  @inlinable var capacity: UInt8 {
    get { at.load(12) }
    nonmutating set { at.store(12, newValue) }
  }
  /// Of a group, the logarithm of the page size.
  @inlinable var pageShift: UInt8 {
    get { at.load(13) }
    nonmutating set { at.store(13, newValue) }
  }
  @inlinable var pageBytes: Int { 1 &<< Int(pageShift) }
  /// Of a group, the page that its node lies in.
  @inlinable var ownPage: UInt16 {
    get { at.load(14) }
    nonmutating set { at.store(14, newValue) }
  }
  /// Of the root, the blocks that are allocated.
  @inlinable var blocks: Int {
    get { at.load(56) }
    nonmutating set { at.store(56, newValue) }
  }
  /// Of a group, the vacant places; of a branch, see above.
  @inlinable var room: UInt64 {
    get { at.load(16) }
    nonmutating set { at.store(16, newValue) }
  }

  /// 64 bits of the classes that there are.
  @inlinable @inline(__always)
  func present(_ word: Int) -> UInt64 { at.load(24 &+ 8 &* word) }

  @inlinable @inline(__always)
  func setPresent(_ word: Int, _ bits: UInt64) { at.store(24 &+ 8 &* word, bits) }

  /// Whether there is an extent of a class.
  @inlinable @inline(__always)
  func isPresent(_ index: Int) -> Bool {
    present(index &>> 6) &>> UInt64(truncatingIfNeeded: index) & 1 == 1
  }

  /// The first class at or after `index` that there is, or nil.
  @inlinable @inline(__always)
  func firstPresent(from index: Int) -> Int? {
    var word = index &>> 6
    // Word 3 has no bits: there is no class 192, which only a whole page would have.
    let bits = present(word) &>> UInt64(truncatingIfNeeded: index)
    if bits != 0 { return index &+ bits.trailingZeroBitCount }
    word &+= 1
    while word < 3 {
      let bits = present(word)
      if bits != 0 { return word &<< 6 &+ bits.trailingZeroBitCount }
      word &+= 1
    }
    return nil
  }

  /// The last class that there is at or after `index`, or nil.
  @inlinable
  func lastPresent(from index: Int) -> Int? {
    var word = 2
    while word >= index &>> 6 {
      let bits = present(word)
      if bits != 0 {
        let last = word &<< 6 &+ 63 &- bits.leadingZeroBitCount
        return last >= index ? last : nil
      }
      word &-= 1
    }
    return nil
  }

  /// Notes that there is an extent of a class now, here and above.
  @inlinable @inline(__always)
  func note(_ index: Int) {
    let word = index &>> 6
    setPresent(word, present(word) | 1 &<< UInt64(truncatingIfNeeded: index))
    if let parent { parent.noteBelow(index, Int(slot)) }
  }

  /// Notes that there is none any more, here and above, where that is so: without a branch, as it is
  /// so half of the time.
  @inlinable @inline(__always)
  func forget(_ index: Int, if isGone: Bool = true) {
    let word = index &>> 6
    let gone: UInt64 = isGone ? 1 : 0
    setPresent(word, present(word) & ~(gone &<< UInt64(truncatingIfNeeded: index)))
    if let parent { parent.forgetBelow(index, gone &<< UInt64(truncatingIfNeeded: Int(slot))) }
  }

  @inlinable @inline(__always)
  func noteBelow(_ index: Int, _ child: Int) {
    let old = self[index]
    self[index] = old | 1 &<< UInt64(truncatingIfNeeded: child)
    if old == 0 { noteAgain(index) }
  }

  @inlinable @inline(__always)
  func forgetBelow(_ index: Int, _ bits: UInt64) {
    let rest = self[index] & ~bits
    self[index] = rest
    if rest == 0 { forgetAgain(index) }
  }

  @inlinable @inline(never)
  func noteAgain(_ index: Int) { note(index) }
  @inlinable @inline(never)
  func forgetAgain(_ index: Int) { forget(index) }
}

/// A branch's own fields: the words of the classes, its children, and which places have one.
extension IndexNode {
  /// Some words more than classes, so that a range of them may be read past the last.
  @inlinable static var wordCount: Int { ExtentClass.count &+ 24 }
  @inlinable static var childrenOffset: Int { headBytes &+ 8 &* wordCount }
  @inlinable static var branchBytes: Int { childrenOffset &+ 65 &* 8 }

  /// Which children have a class.
  @inlinable @inline(__always)
  subscript(index: Int) -> UInt64 {
    get { at.load(Self.headBytes &+ 8 &* index) }
    nonmutating set { at.store(Self.headBytes &+ 8 &* index, newValue) }
  }
  @inlinable @inline(__always)
  func child(_ slot: Int) -> IndexNode { at.load(Self.childrenOffset &+ 8 &* slot) }

  @inlinable
  func setChild(_ slot: Int, _ node: IndexNode) {
    at.store(Self.childrenOffset &+ 8 &* slot, node)
  }
  /// The places that have a child.
  @inlinable var children: UInt64 {
    get { at.load(Self.childrenOffset &+ 64 &* 8) }
    nonmutating set { at.store(Self.childrenOffset &+ 64 &* 8, newValue) }
  }

  /// The children that have one of several classes in a row: of 2, or a multiple of 4.
  @inlinable @inline(__always)
  func union(from index: Int, words: Int) -> UInt64 {
    var sum: UInt64 = 0
    var rest = words
    var offset = Self.headBytes &+ 8 &* index
    if words == 2 { return at.load(offset) | at.load(offset &+ 8) }
    repeat {
      sum |= at.load(offset) | at.load(offset &+ 8) | at.load(offset &+ 16) | at.load(offset &+ 24)
      offset &+= 32
      rest &-= 4
    } while rest > 0
    return sum
  }
}

/// A group's own fields: the first extent of each class, and the pages.
extension IndexNode {
  @inlinable static var pagesOffset: Int { headBytes &+ 2 &* ExtentClass.count }
  /// What is written where an extent has no neighbour in its list: position 0 leads here.
  @inlinable var nobody: Place { at + 64 }
  @inlinable static func groupBytes(capacity: Int) -> Int { pagesOffset &+ 8 &* capacity }

  /// Every place of a group but 0.
  @inlinable var allPlaces: UInt64 { 1 &<< UInt64(truncatingIfNeeded: capacity) &- 2 }

  /// The position of the first free extent of a class, 0 where there is none.
  @inlinable @inline(__always)
  func first(_ index: Int) -> Int {
    Int(at.load(Self.headBytes &+ 2 &* index, as: UInt16.self))
  }

  @inlinable @inline(__always)
  func setFirst(_ index: Int, _ position: Int) {
    at.store(Self.headBytes &+ 2 &* index, UInt16(truncatingIfNeeded: position))
  }
  @inlinable @inline(__always)
  func page(_ number: Int) -> Place { at.load(Self.pagesOffset &+ 8 &* number) }

  @inlinable
  func setPage(_ number: Int, _ page: Place) { at.store(Self.pagesOffset &+ 8 &* number, page) }

  /// The place of a position.
  @inlinable @inline(__always)
  func place(_ position: Int, _ units: Units) -> Place {
    page(position &>> 10) + units.bytes(position & 1023)
  }

  /// The first extent of a class at or after `index`, but not in a given page; nil where there is none.
  @inlinable
  func firstExtent(from index: Int, notIn avoided: Int, _ units: Units) -> Place? {
    var next = firstPresent(from: index)
    while let index = next {
      var position = first(index)
      while position != 0 {
        if position &>> 10 != avoided { return place(position, units) }
        position = place(position, units).header.next
      }
      next = firstPresent(from: index &+ 1)
    }
    return nil
  }

  /// Makes a place of this group the beginning of a free extent, and lists it first of its class.
  @inlinable @inline(__always)
  func list(_ place: Place, length: Int, before: Int, page: Int, _ units: Units) {
    let index = ExtentClass.floor(length)
    if length == 1 {
      place.header = ExtentHeader(freeLength: 1, before: before, page: page, next: 0, previous: 0)
      return
    }
    let next = first(index)
    place.header = ExtentHeader(
      freeLength: length, before: before, page: page, next: next, previous: 0)
    let position = page &<< 10 | place.offset(in: units.pageBytes) &>> units.shift
    setFirst(index, position)
    note(index)
    let follower = self.place(next, units)
    follower.header = follower.header.with(previous: position)
  }

  /// Takes the first free extent of a class, whose header is given, out of its list.
  @inlinable @inline(__always)
  func unlistFirst(_ header: ExtentHeader, of index: Int, _ units: Units) {
    let next = header.next
    setFirst(index, next)
    let follower = place(next, units)
    follower.header = follower.header.with(previous: 0)
    forget(index, if: next == 0)
  }

  /// Takes a free extent, whose header is given, out of its list.
  @inlinable @inline(__always)
  func unlist(_ header: ExtentHeader, _ units: Units) {
    let length = header.length
    if length == 1 { return }
    let next = header.next
    let previous = header.previous
    let follower = place(next, units)
    follower.header = follower.header.with(previous: previous)
    let leader = place(previous, units)
    leader.header = leader.header.with(next: next)
    let index = ExtentClass.floor(length)
    let isFirst = previous == 0
    setFirst(index, isFirst ? next : first(index))
    forget(index, if: isFirst && next == 0)
  }

  /// Makes the headers of all allocated extents lead to this node.
  ///
  /// - Complexity: O(extents of the group).
  @inlinable
  func claimExtents(_ units: Units) {
    var pages = allPlaces & ~room
    while pages != 0 {
      let number = pages.trailingZeroBitCount
      let page = page(number)
      var offset = 0
      while offset < units.perPage {
        let place = page + units.bytes(offset)
        let header = place.header
        if !header.isFree {
          place.header = ExtentHeader(
            length: header.length, before: header.before, page: number, node: at - 8)
        }
        offset &+= header.length
      }
      pages &= pages &- 1
    }
  }
}
