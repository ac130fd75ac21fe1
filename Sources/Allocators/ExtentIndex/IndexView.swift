// SPDX-License-Identifier: GPL-2.0 OR MIT

// How a policy looks at the index.

/// Which free extent a block is taken from.
///
/// The types that it is asked about are this room's own, and so are the policies.
public protocol FitPolicy {
  /// The most places that a group has, 8 to 32, one of which is never a page: within a group, the index
  /// does not tell pages apart.
  static var pagesPerGroup: Int { get }
  /// A free extent of at least `count` units, or nil where the policy finds none.
  static func find(_ count: Int, in map: IndexView) -> FoundExtent?
}

/// A free extent and the group that it is listed in.
@safe
@frozen
public struct FoundExtent {
  @usableFromInline let group: IndexNode
  @usableFromInline let place: Place
  /// The class of which it is the first in its list, or 0 where nothing is known of that.
  @usableFromInline let firstOf: Int

  @inlinable @inline(__always)
  init(_ group: IndexNode, _ place: Place, firstOf index: Int = 0) {
    self.group = group
    self.place = place
    firstOf = index
  }
}

/// The index, to be searched.
@safe
@frozen
public struct IndexView {
  @usableFromInline let root: IndexNode
  @usableFromInline let units: Units

  @inlinable @inline(__always)
  init(_ root: IndexNode, _ units: Units) {
    self.root = root
    self.units = units
  }

  /// The first extent of a class that a group has.
  @inlinable @inline(__always)
  func first(_ index: Int, _ group: IndexNode) -> FoundExtent {
    FoundExtent(group, group.place(group.first(index), units), firstOf: index)
  }

  /// An extent of the request's own class that is long enough: the first in the lowest group is tried.
  @inlinable @inline(never)
  func lowFitOfOwnClass(_ count: Int) -> FoundExtent? {
    let index = ExtentClass.floor(count)
    guard index > 63, root.isPresent(index) else { return nil }
    var node = root
    while node.level > 0 { node = node.child(node[index].trailingZeroBitCount) }
    let found = first(index, node)
    return found.place.header.length >= count ? found : nil
  }

  /// The first extent of the request's own class that is long enough.
  ///
  /// - Complexity: O(extents of that class); O(1) below 64 units, where all of a class are as long.
  @inlinable @inline(__always)
  func fitOfOwnClass(_ count: Int) -> FoundExtent? {
    let index = ExtentClass.floor(count)
    guard root.isPresent(index) else { return nil }
    return fit(count, index, root)
  }

  @inlinable
  func fit(_ count: Int, _ index: Int, _ node: IndexNode) -> FoundExtent? {
    if node.level == 0 {
      var position = node.first(index)
      while position != 0 {
        let place = node.place(position, units)
        let header = place.header
        if header.length >= count { return FoundExtent(node, place) }
        position = header.next
      }
      return nil
    }
    var children = node[index]
    while children != 0 {
      if let found = fit(count, index, node.child(children.trailingZeroBitCount)) { return found }
      children &= children &- 1
    }
    return nil
  }
}
