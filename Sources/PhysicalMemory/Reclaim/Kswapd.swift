// SPDX-License-Identifier: MIT

// Each node's reclaim thread.
//
//     asleep ──a request finds every zone at low──▶ awake ──one zone above high──▶ asleep
//                                                     │ 16 rounds without a frame: gives up, until
//                                                     ▼ a request frees something itself
//
// It runs when time passes, and then until its node is balanced, or it has freed what a tick allows.
//
// Source: kswapd(), balance_pgdat() and wakeup_kswapd() of mm/vmscan.c, Linux 6.12.

/// A node's reclaim thread.
public struct Kswapd: Sendable, Hashable, BitwiseCopyable {
  /// It has work to do.
  public internal(set) var isAwake: Bool
  /// The order that it was last woken for.
  var order: Int
  /// The highest zone that it was last woken for.
  var highest: Int
  /// Rounds without a frame.
  var failures: Int

  /// Frames that it frees in a tick at most.
  static let framesPerTick = 1024
}

extension Machine {
  /// A node's reclaim thread.
  public func kswapd(of node: NodeNumber) throws(MachineError) -> Kswapd {
    guard node.rawValue >= 0, node.rawValue < nodeCount else { throw .noSuchNode(node) }
    return reclaim.nodes[node.rawValue].kswapd
  }

  /// Wakes the threads of all nodes that the request could be served from, unless they are balanced.
  mutating func wakeKswapd(_ request: PageAllocator.Request) {
    let highest = request.flags.highestZone.rawValue
    for node in 0..<nodeCount {
      if request.flags.contains(.thisNode), node != request.node { continue }
      guard reclaim.nodes[node].kswapd.failures < Self.mostRetries else { continue }
      if reclaim.nodes[node].kswapd.isAwake {
        reclaim.nodes[node].kswapd.order = max(reclaim.nodes[node].kswapd.order, request.order)
        reclaim.nodes[node].kswapd.highest = max(reclaim.nodes[node].kswapd.highest, highest)
      } else if !isBalanced(node, request.order, highest) {
        reclaim.nodes[node].kswapd.isAwake = true
        reclaim.nodes[node].kswapd.order = request.order
        reclaim.nodes[node].kswapd.highest = highest
        pages.events.kswapdWakes += 1
      }
    }
  }

  /// Whether one of a node's zones up to `highest` would stay above its high mark (pgdat_balanced). A
  /// node without any is balanced.
  func isBalanced(_ node: Int, _ order: Int, _ highest: Int) -> Bool {
    var hasZone = false
    for type in 0...highest {
      let zone = node * ZoneType.count + type
      guard zones[zone].managed > 0 else { continue }
      hasZone = true
      let floor = zones[zone].watermarks.high + zones[zone].lowmemReserve[highest]
      if pages.hasRoom(zone, order: order, above: floor) { return true }
    }
    return !hasZone
  }

  /// Lets the threads that are awake work for a tick.
  mutating func runKswapd() {
    let before = pages.context
    pages.context = TaskContext()
    pages.context.freesMemory = true
    defer { pages.context = before }
    for node in 0..<nodeCount where reclaim.nodes[node].kswapd.isAwake { balance(node) }
  }

  private mutating func balance(_ node: Int) {
    var freed = 0
    var priority = 12
    while freed < Kswapd.framesPerTick {
      let kswapd = reclaim.nodes[node].kswapd
      if isBalanced(node, kswapd.order, kswapd.highest) {
        reclaim.nodes[node].kswapd.isAwake = false
        reclaim.nodes[node].kswapd.failures = 0
        return
      }
      let scan = Scan(
        priority: priority, highest: kswapd.highest, flags: .kernel, byKswapd: true)
      let round = shrink(node, scan) + runShrinkers(priority: priority, flags: .kernel)
      freed += round
      if round == 0 { priority -= 1 }
      if priority < 0 {
        // For large blocks nothing can be done by reclaim: it sees to single frames instead.
        if reclaim.nodes[node].kswapd.order > 0 {
          reclaim.nodes[node].kswapd.order = 0
          priority = 12
          continue
        }
        guard freed == 0, reclaim.writeBack.pending == 0 else { return }
        reclaim.nodes[node].kswapd.failures += 1
        if reclaim.nodes[node].kswapd.failures >= Self.mostRetries {
          reclaim.nodes[node].kswapd.isAwake = false
        }
        return
      }
    }
  }
}
