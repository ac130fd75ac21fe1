// SPDX-License-Identifier: GPL-2.0 OR MIT

// The tree of the resource map's pages: a treap, in address order from left to right and in the order
// of priorities from the root down. A page's priority is a hash of its address, so that no room is
// needed for it and the tree's shape does not depend on how it came about.
//
// Invariant: a page's longest below is the greatest of its own longest extent and those of its children.
//
// Source: R. Seidel, C. R. Aragon, "Randomized search trees", Algorithmica 16, 1996. The first page with a
// long enough extent is found as in C. J. Stephenson, "Fast fits", SOSP 1983.

/// The tree's verbs; each takes the root of a tree and returns its new root.
///
/// All take O(log pages) steps on the average.
@usableFromInline
enum MapPageTree {
  @inlinable
  static func priority(_ page: MapPage) -> UInt {
    // Fibonacci hashing (Knuth, "The Art of Computer Programming" 3, 6.4).
    var hash = page.at.address &* 0x9e37_79b9_7f4a_7c15
    hash ^= hash &>> 32
    return hash &* 0x9e37_79b9_7f4a_7c15
  }

  /// The page of the lowest address that has an extent of `count` units.
  @inlinable
  static func first(_ count: Int, _ root: MapPage?, _ units: Units) -> MapPage? {
    guard var page = root, page.longestBelow >= count else { return nil }
    while true {
      let links = page.links(units)
      if let left = links.left, left.longestBelow >= count {
        page = left
      } else if page.longest >= count {
        return page
      } else if let right = links.right {
        page = right
      } else {
        return nil
      }
    }
  }

  /// Adds a page whose node and longest extent are set.
  @inlinable
  static func insert(_ new: MapPage, _ root: MapPage?, _ units: Units) -> MapPage {
    guard let root else {
      new.setLinks(MapPage.Links(nil, nil), units)
      return new
    }
    if priority(new) > priority(root) {
      new.setLinks(split(root, at: new, units), units)
      return new
    }
    var links = root.links(units)
    if new.at.address < root.at.address {
      links.left = insert(new, links.left, units)
    } else {
      links.right = insert(new, links.right, units)
    }
    root.setLinks(links, units)
    return root
  }

  /// The pages before and after an address.
  @inlinable
  static func split(_ root: MapPage?, at key: MapPage, _ units: Units) -> MapPage.Links {
    guard let root else { return MapPage.Links(nil, nil) }
    var links = root.links(units)
    if root.at.address < key.at.address {
      let parts = split(links.right, at: key, units)
      links.right = parts.left
      root.setLinks(links, units)
      return MapPage.Links(root, parts.right)
    }
    let parts = split(links.left, at: key, units)
    links.left = parts.right
    root.setLinks(links, units)
    return MapPage.Links(parts.left, root)
  }

  /// Takes a page out, whose links are given: its extents may not hold them any more.
  @inlinable
  static func remove(
    _ old: MapPage, _ oldLinks: MapPage.Links, _ root: MapPage, _ units: Units
  ) -> MapPage? {
    if root == old { return merge(oldLinks.left, oldLinks.right, units) }
    var links = root.links(units)
    if old.at.address < root.at.address {
      if let left = links.left { links.left = remove(old, oldLinks, left, units) }
    } else {
      if let right = links.right { links.right = remove(old, oldLinks, right, units) }
    }
    root.setLinks(links, units)
    return root
  }

  @inlinable
  static func merge(_ left: MapPage?, _ right: MapPage?, _ units: Units) -> MapPage? {
    guard let left else { return right }
    guard let right else { return left }
    if priority(left) > priority(right) {
      var links = left.links(units)
      links.right = merge(links.right, right, units)
      left.setLinks(links, units)
      return left
    }
    var links = right.links(units)
    links.left = merge(left, links.left, units)
    right.setLinks(links, units)
    return right
  }

  /// Sets the longest below anew on the way to a page whose own longest was `old`.
  ///
  /// A page that has a longer one below than before and after is left alone.
  @inlinable
  static func refresh(_ changed: MapPage, was old: Int, _ root: MapPage, _ units: Units) {
    let links = root.links(units)
    if root != changed {
      let child = changed.at.address < root.at.address ? links.left : links.right
      if let child { refresh(changed, was: old, child, units) }
    }
    let below = root.longestBelow
    if below == old || below < changed.longest { root.updateLongestBelow(links) }
  }

  /// Whether the tree is in both orders, and knows the longest extents of sound pages.
  ///
  /// - Complexity: O(extents).
  static func holds(_ root: MapPage?, _ units: Units, after low: UInt, before high: UInt) -> Bool {
    guard let root else { return true }
    let links = root.links(units)
    let address = root.at.address
    guard low < address, address < high, root.holds(units) else { return false }
    for child in [links.left, links.right] {
      if let child, priority(child) > priority(root) { return false }
    }
    let below = max(
      root.longest, links.left?.longestBelow ?? 0, links.right?.longestBelow ?? 0)
    return root.longestBelow == below
      && holds(links.left, units, after: low, before: address)
      && holds(links.right, units, after: address, before: high)
  }
}

extension MapPage {
  /// Whether the extents are in order and apart, and the longest of them is the node.
  func holds(_ units: Units) -> Bool {
    var end = 0
    var position = first
    while position != 0 {
      // Between two extents there is a block.
      guard position > end, position &+ length(position, units) <= units.perMapPage &+ 1 else {
        return false
      }
      end = position &+ length(position, units)
      position = next(position, units)
    }
    let longest = longestExtent(units)
    return longest.length == self.longest && longest.position == node && longest.length > 1
      && longest.length < units.perMapPage
  }
}
