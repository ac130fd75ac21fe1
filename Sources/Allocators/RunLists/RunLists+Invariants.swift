// SPDX-License-Identifier: GPL-2.0 OR MIT

// The equations of Run.swift, checked.

extension RunLists {
  /// - Complexity: O(runs that have room and their free buffers).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    let root = Root(entry)
    guard root.blocks > 0 else { return false }
    for shift in Self.smallestShift...root.pageShift {
      var previous: Run?
      var run = root[shift]
      while let listed = run {
        guard listed.previous == previous, Self.holds(listed, shift, root) else { return false }
        previous = listed
        run = listed.next
      }
    }
    return true
  }

  /// The base leads to the descriptor, and each buffer is live, uncut, free or the descriptor's.
  static func holds(_ run: Run, _ shift: Int, _ root: Root) -> Bool {
    let base = root.base(of: run.at, shift)
    guard base.descriptor == base.position(run.at), run.live > 0 else { return false }
    let capacity = root.capacity(shift)
    var buffers = Int(run.live) &+ Int(run.uncut) &+ 1
    var free = run.firstFree
    while free != 0 {
      buffers &+= 1
      guard buffers <= capacity else { return false }
      free = run.place(free).load(0)
    }
    return buffers == capacity
  }
}
