// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import Laboratory

@Suite struct TraceLayoutTests {
  @Test(arguments: [1 << 10, 1 << 14, 1 << 20])
  func `the slot table agrees with a dictionary`(capacity: Int) {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    // Small enough that ids leave the window while they are live.
    var table = SlotTable(mostCapacity: capacity)
    var model: [Int: (slot: UInt32, size: Int)] = [:]
    var mostLive = 0
    var next = 0
    for step in 0..<200_000 {
      // It grows, shrinks to nearly nothing, and grows again.
      let wanted = step % 60_000 < 40_000 ? 6 : 2
      if Int.random(in: 0..<8, using: &random) < wanted || model.isEmpty {
        let size = Int.random(in: 0...9000, using: &random)
        model[next] = (table.insert(next, size: size), size)
        next += Int.random(in: 1...3, using: &random)
      } else {
        let id = Int.random(in: 0..<next, using: &random)
        let entry = table.remove(id)
        let expected = model.removeValue(forKey: id)
        #expect(entry?.slot == expected?.slot, "id \(id), seed \(seed)")
        #expect(entry.map { Int($0.size) } == expected?.size, "id \(id), seed \(seed)")
      }
      mostLive = max(mostLive, model.count)
    }
    #expect(Set(model.values.map(\.slot)).count == model.count, "seed \(seed)")
    let slotCount = table.slotCount
    let live = table.live
    #expect(slotCount == mostLive, "seed \(seed)")
    #expect(live.count == model.count, "seed \(seed)")
    #expect(Set(live.map(\.slot)) == Set(model.values.map(\.slot)), "seed \(seed)")
  }

  static func layout(
    _ events: [TraceEvent], _ selection: TraceSelection
  ) -> (tally: TraceTally, steps: [[Int]], remainder: Int) {
    var layout = TraceLayout(selection, largest: 8184)
    var batch = Batch()
    for event in events { layout.add(event, to: &batch) }
    let steps = batch.steps.map { [$0.isRequest ? 1 : 0, Int($0.slot), $0.size] }
    return (layout.tally, steps, layout.remainder.count)
  }

  @Test func `many events at a time become the steps that they become one by one`() {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    // More live blocks than the slots that there are at first; some requests fit no page, and now and
    // then a block is resized: what is not as usual ends a piece.
    var events = TraceEvents()
    var live: [Int] = []
    var next = 0
    for _ in 0..<20_000 {
      let size = Int.random(in: 0...8300, using: &random)
      if live.isEmpty || Int.random(in: 0..<8, using: &random) < 5 {
        events.append(.request(id: next, size: size))
        live.append(next)
        next += 1
      } else if Int.random(in: 0..<50, using: &random) == 0 {
        events.append(.resize(id: live.randomElement(using: &random)!, size: size))
      } else {
        let index = Int.random(in: 0..<live.count, using: &random)
        events.append(.free(id: live.remove(at: index)))
      }
    }
    let single = Self.layout(Array(events), TraceSelection())
    var layout = TraceLayout(TraceSelection(), largest: 8184)
    var batch = Batch()
    var place = 0
    var together = 0
    while place < events.count {
      let end = min(events.count, place + Int.random(in: 1...3000, using: &random))
      let added = layout.add(events.packed.span.extracting(place..<end), to: &batch)
      place += added
      together += added
      guard place < end else { continue }
      layout.add(events[place], to: &batch)
      place += 1
    }
    let steps = batch.steps.map { [$0.isRequest ? 1 : 0, Int($0.slot), $0.size] }
    #expect(steps == single.steps, "seed \(seed)")
    #expect(layout.tally == single.tally, "seed \(seed)")
    #expect(layout.remainder.count == single.remainder, "seed \(seed)")
    #expect(together > events.count / 2, "\(together) of \(events.count), seed \(seed)")
  }

  @Test func `what is left out is left out for good, and counted`() {
    let events: [TraceEvent] = [
      .request(id: 0, size: 100), .request(id: 1, size: 9000), .request(id: 2, size: 4),
      .resize(id: 0, size: 10_000), .free(id: 1), .resize(id: 2, size: 50), .free(id: 0),
      .request(id: 3, size: 10_000),
    ]
    let all = Self.layout(events, TraceSelection())
    #expect(all.tally.events == 8 && all.tally.leftOut == 0)
    #expect(all.tally.aboveOnePage == 3 && all.tally.bytesAboveOnePage == 29_000)
    #expect(all.remainder == 2)
    let some = Self.layout(events, TraceSelection(sizes: 8...8184))
    #expect(some.tally.events == 2 && some.tally.leftOut == 6)
    #expect(some.tally.requestsLeftOut == 4 && some.tally.bytesLeftOut == 29_004)
    #expect(some.tally.aboveOnePage == 0)
    // The block grew out of the range and is freed; the other grew into it and is requested.
    #expect(some.steps == [[1, 0, 100], [0, 0, 100], [1, 0, 50]])
    #expect(some.remainder == 1)
  }

  @Test func `sizes are scaled and rounded up`() {
    let events: [TraceEvent] = [
      .request(id: 0, size: 100), .request(id: 1, size: 9000), .request(id: 2, size: 0),
      .free(id: 1), .request(id: 3, size: 1),
    ]
    let scaled = Self.layout(events, TraceSelection(scale: 1.0 / 16))
    #expect(scaled.steps == [[1, 0, 7], [1, 1, 563], [1, 2, 0], [0, 1, 563], [1, 1, 1]])
    #expect(scaled.tally.aboveOnePage == 0 && scaled.tally.events == 5)
    let large = Self.layout([.request(id: 0, size: Int(Int32.max))], TraceSelection(scale: 1e6))
    #expect(large.steps == [[1, 0, Int(Int32.max)]])
  }
}
