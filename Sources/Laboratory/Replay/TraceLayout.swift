// SPDX-License-Identifier: MIT

/// Lays events out as steps.
struct TraceLayout: ~Copyable {
  private let selection: TraceSelection
  private let largest: Int
  private let isPlain: Bool
  private var slots: SlotTable
  private(set) var tally = TraceTally()

  /// - Parameters:
  ///   - largest: the largest request that a page holds, in bytes.
  ///   - events: how many there will be, about.
  init(_ selection: TraceSelection, largest: Int, events: Int = 0) {
    slots = SlotTable(ids: events / 2)
    self.selection = selection
    self.largest = largest
    isPlain = selection == TraceSelection()
  }

  /// Adds what packed events ask for, up to the first that is not as usual; returns how many it added.
  ///
  /// - Complexity: O(n).
  mutating func add(_ events: Span<UInt64>, to batch: inout Batch) -> Int {
    guard isPlain else { return 0 }
    let count = slots.appendSteps(of: events, largest: largest, to: &batch.steps)
    tally.events &+= count
    return count
  }

  /// Adds what an event asks for.
  ///
  /// - Complexity: O(1) on average.
  @inline(never)
  mutating func add(_ event: TraceEvent, to batch: inout Batch) {
    switch event {
    case .request(let id, let size):
      guard let size = selected(size) else { return leaveOut(size) }
      request(id, size, &batch)
      tally.events += 1
    case .free(let id):
      if free(id, &batch) { tally.events += 1 } else { tally.leftOut += 1 }
    case .resize(let id, let size):
      resize(id, size, &batch)
    }
    batch.slotCount = slots.slotCount
  }

  /// How many slots the steps so far have.
  var slotCount: Int { slots.slotCount }

  /// A free for each block that is still live.
  var remainder: [Step] {
    slots.live.map { Step(free: Int($0.size), slot: $0.slot) }
  }

  @inline(__always)
  private func selected(_ size: Int) -> Int? {
    isPlain && size <= Int(Int32.max) ? size : selection.scaled(size)
  }

  @inline(__always)
  private mutating func request(_ id: Int, _ size: Int, _ batch: inout Batch) {
    if size > largest {
      tally.aboveOnePage += 1
      tally.bytesAboveOnePage += size
    }
    batch.steps.append(Step(request: size, slot: slots.insert(id, size: size)))
  }

  @inline(__always)
  private mutating func free(_ id: Int, _ batch: inout Batch) -> Bool {
    guard let entry = slots.remove(id) else { return false }
    batch.steps.append(Step(free: Int(entry.size), slot: entry.slot))
    return true
  }

  /// The new block is requested while the old one is there, as its contents would have to be copied.
  private mutating func resize(_ id: Int, _ size: Int, _ batch: inout Batch) {
    let old = slots.removeKeepingSlot(id)
    defer { if let old { slots.reclaim(old.slot) } }
    guard let size = selected(size) else {
      leaveOut(size)
      if let old { batch.steps.append(Step(free: Int(old.size), slot: old.slot)) }
      return
    }
    request(id, size, &batch)
    if let old {
      batch.continued.append(batch.steps.count - 1)
      batch.steps.append(Step(free: Int(old.size), slot: old.slot))
    }
    tally.events += 1
  }

  private mutating func leaveOut(_ size: Int) {
    tally.leftOut += 1
    tally.requestsLeftOut += 1
    tally.bytesLeftOut += size
  }
}
