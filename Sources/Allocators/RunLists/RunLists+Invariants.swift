// SPDX-License-Identifier: GPL-2.0 OR MIT

// The equations of Run.swift, checked.

extension RunLists {
  /// - Complexity: O(runs that have room and their free buffers).
  public func checkInvariants() -> Bool {
    guard let entry else { return true }
    let root = Root(entry)
    guard root.blocks >= 0, root.homeRun.live >= 1 else { return false }
    for index in 0..<root.pageShift &- 2 {
      var previous: Run?
      var run = root[index]
      while let listed = run {
        guard listed.previous == previous, Int(listed.classIndex) == index, Self.holds(listed)
        else { return false }
        previous = listed
        run = listed.next
      }
    }
    return true
  }

  /// live ≤ carved ≤ capacity, live < capacity, and carved − live buffers are free.
  static func holds(_ run: Run) -> Bool {
    guard run.live <= run.carved, run.carved <= run.capacity, run.live < run.capacity else {
      return false
    }
    var free = 0
    var buffer = run.firstFree
    while let listed = buffer {
      free &+= 1
      guard free <= Int(run.carved &- run.live) else { return false }
      buffer = listed.link(0)
    }
    return free == Int(run.carved &- run.live)
  }
}
