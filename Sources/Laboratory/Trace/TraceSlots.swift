// SPDX-License-Identifier: MIT

// Small numbers for the blocks that are live, so that a replay's table grows with what is live and not
// with the trace.
//
// Invariants: live ids and slots in use are in pairs; count + free.count = capacity.

/// Gives each live id a slot, and slots again that came back, the last first.
public struct TraceSlots: Sendable {
  private var slots: [Int: Int] = [:]
  private var free: [Int] = []
  /// The slots used so far: all are below it.
  public private(set) var capacity = 0

  public init() {}

  /// The live ids.
  public var count: Int { slots.count }

  /// Takes a slot for an id that has none.
  ///
  /// - Complexity: O(1) amortised.
  public mutating func take(_ id: Int) -> Int {
    let slot: Int
    if let last = free.popLast() {
      slot = last
    } else {
      slot = capacity
      capacity += 1
    }
    let previous = slots.updateValue(slot, forKey: id)
    precondition(previous == nil, "an id has one slot")
    return slot
  }

  /// The slot of an id, or nil where it has none.
  public func slot(_ id: Int) -> Int? { slots[id] }

  /// Gives the slot of an id back; returns it, or nil where it had none.
  public mutating func give(_ id: Int) -> Int? {
    guard let slot = slots.removeValue(forKey: id) else { return nil }
    free.append(slot)
    return slot
  }
}
