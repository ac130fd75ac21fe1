// SPDX-License-Identifier: MIT

// Each node's reclaim thread.
//
//     asleep ──a request finds every zone at low──▶ awake ──one zone above high──▶ asleep
//                                                     │ 16 rounds without a frame: gives up, until
//                                                     ▼ a request frees something itself
//
// It runs when time passes, and then until its node is balanced, or it has freed what a tick allows.
//
// Invariants: it has failed 16 times at most, and then it sleeps; its order and its highest zone are ones
// that requests have.
//
// Source: kswapd(), balance_pgdat() and wakeup_kswapd() of mm/vmscan.c, Linux 6.12.

/// A node's reclaim thread.
public struct Kswapd: Sendable, Hashable, BitwiseCopyable {
  /// It has work to do.
  public internal(set) var isAwake = false
  /// The order that it was last woken for.
  var order = 0
  /// The highest zone that it was last woken for.
  var highest = 0
  /// Rounds without a frame.
  var failures = 0

  /// Frames that it frees in a tick at most.
  static let framesPerTick = 1024

  /// It has given up: its node has nothing left to reclaim.
  var hasGivenUp: Bool { failures >= Reclaim.mostRetries }
}

extension Reclaim {
  /// Wakes the threads of all nodes that the request could be served from, unless they are balanced.
  mutating func wake(for request: PageAllocator.Request, _ pages: inout PageAllocator) {
    let highest = request.flags.highestZone.rawValue
    for node in threads.indices {
      if request.flags.contains(.thisNode), node != request.node { continue }
      guard !threads[node].hasGivenUp else { continue }
      if threads[node].isAwake {
        threads[node].order = max(threads[node].order, request.order)
        threads[node].highest = max(threads[node].highest, highest)
      } else if !isBalanced(node, request.order, highest, pages) {
        threads[node].isAwake = true
        threads[node].order = request.order
        threads[node].highest = highest
        pages.events.kswapdWakes += 1
      }
    }
  }

  /// Whether one of a node's zones up to `highest` would stay above its high mark (pgdat_balanced). A
  /// node without any is balanced.
  func isBalanced(
    _ node: Int, _ order: Int, _ highest: Int, _ pages: borrowing PageAllocator
  ) -> Bool {
    var hasZone = false
    for type in 0...highest {
      let zone = node * ZoneType.count + type
      guard pages.zones[zone].managed > 0 else { continue }
      hasZone = true
      let floor = pages.zones[zone].watermarks.high + pages.zones[zone].lowmemReserve[highest]
      if pages.hasRoom(zone, order: order, above: floor) { return true }
    }
    return !hasZone
  }

  /// Puts a thread to sleep whose node is balanced.
  ///
  /// - Returns: whether it is.
  mutating func sleepIfBalanced(_ node: Int, _ pages: borrowing PageAllocator) -> Bool {
    guard isBalanced(node, threads[node].order, threads[node].highest, pages) else { return false }
    threads[node].isAwake = false
    threads[node].failures = 0
    return true
  }

  /// Counts that a thread looked at everything without success; with too many of these it gives up.
  mutating func noteFailure(_ node: Int) {
    threads[node].failures += 1
    if threads[node].hasGivenUp { threads[node].isAwake = false }
  }

  /// Has threads that gave up try again: a request has freed something.
  mutating func forgetFailures() {
    for node in threads.indices { threads[node].failures = 0 }
  }

  /// Checks what threads know.
  ///
  /// - Returns: what does not hold, and where.
  func checkInvariants() -> [String] {
    var broken: [String] = []
    for (node, thread) in threads.enumerated() {
      if thread.failures < 0 || thread.failures > Self.mostRetries
        || thread.hasGivenUp && thread.isAwake
      {
        broken.append("kswapd \(node): \(thread.failures) failures, awake: \(thread.isAwake)")
      }
      if thread.order < 0 || thread.order >= Order.count || thread.highest < 0
        || thread.highest >= ZoneType.count
      {
        broken.append("kswapd \(node): order \(thread.order), highest zone \(thread.highest)")
      }
    }
    return broken
  }
}
