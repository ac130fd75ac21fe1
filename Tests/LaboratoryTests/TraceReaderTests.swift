// SPDX-License-Identifier: MIT

import Instruments
import Testing

@testable import Laboratory

@Suite struct TraceReaderTests {
  private static func read(_ text: String) throws -> TraceEvents {
    try Trace(reading: BytesInput(Array(text.utf8))).events
  }

  @Test func `a recorded trace has resizes, marks and padding`() throws {
    let text =
      "              4\nREQUEST 0 0\nREQUEST 1 5000000000 LARGE\nRESIZE 1 20\nFREE 0\n\0\0\0"
    #expect(
      try Self.read(text) == [
        .request(id: 0, size: 0), .request(id: 1, size: Int(UInt32.max)),
        .resize(id: 1, size: 20), .free(id: 0),
      ])
    var reader = try TraceReader(BytesInput(Array(text.utf8)))
    _ = try reader.next()
    let second = try reader.next()
    #expect(second == .request(id: 1, size: 5_000_000_000))
  }

  @Test func `ids of malloc-lab need be neither dense nor in order`() throws {
    let text = "4096\n1000\n7\n1\na 999 10\na 3 20\nr 999 30\nf 3\na 3 40\nr 3 0\nr 7 50\n"
    #expect(
      try Self.read(text) == [
        .request(id: 0, size: 10), .request(id: 1, size: 20), .resize(id: 0, size: 30),
        .free(id: 1), .request(id: 2, size: 40), .free(id: 2), .request(id: 3, size: 50),
      ])
  }

  @Test(arguments: [
    ("1\n1\n1\n1\na 1 5\n", TraceError.Problem.undeclaredID(declared: 1), 5, 2),
    ("1\n2\n2\n1\na 1 5\na 1 5\n", .repeatedID(1), 6, 2),
    ("1\n2\n1\n1\nf 1\n", .notAllocated(1), 5, 2),
    ("1\n2\n1\n", .missingField, 4, 1),
    ("2\nREQUEST 0 5\nRESIZE 0 6 BIG\n", .unexpectedField, 3, 4),
    ("2\nREQUEST 0 5\nRESIZE 1 6\n", .unknownID(1), 3, 2),
    ("1\nREQUEST 0 5\n\0x", .tooManyEvents(expected: 1), 3, 1),
  ])
  func `what is wrong is said with its place`(
    text: String, problem: TraceError.Problem, line: Int, field: Int
  ) {
    let expected = TraceError(problem: problem, line: line, field: field)
    #expect(throws: expected) { try Self.read(text) }
  }

  @Test func `live ids are those of a set, whatever has left the window`() {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    var ids = LiveIDs(mostBits: 1 << 10)
    var model: Set<Int> = []
    for _ in 0..<30_000 {
      if random.next() % 8 < 5 {
        model.insert(ids.known)
        ids.insertNext()
      } else {
        // Mostly young ids, some from the beginning, some that were never requested.
        let age = Int.random(
          in: 0...(random.next() % 4 == 0 ? ids.known + 2 : 1500), using: &random)
        let id = max(0, ids.known - age)
        let isLive = model.remove(id) != nil
        let wasThere = ids.contains(id)
        let wasRemoved = ids.remove(id)
        #expect(wasThere == isLive && wasRemoved == isLive, "seed \(seed), id \(id)")
      }
    }
    let holds = ids.checkInvariants()
    #expect(holds, "seed \(seed)")
    for id in 0...ids.known where ids.contains(id) != model.contains(id) {
      Issue.record("seed \(seed): id \(id)")
    }
  }

  @Test func `the generator lays out as an array would`() {
    for lifetime in [TraceRecipe.Lifetime.uniform, .early] {
      let count = 500
      let trace = Trace(
        TraceRecipe(
          count: count, distribution: .linear, sizes: 8...4000, lifetime: lifetime, seed: 77))
      // The same draws, and an array that is inserted into: the course's way, in O(n²).
      var random = SeededGenerator(seed: 77)
      let sizes = (0..<count).map { _ in Int.random(in: 8...4000, using: &random) }
      var events = (0..<count).map { TraceEvent.request(id: $0, size: sizes[$0]) }
      var place = 0
      for id in 0..<count {
        while events[place] != .request(id: id, size: sizes[id]) { place += 1 }
        var rest = events.count - place - 1
        if lifetime == .early, random.next() % 10 != 0 { rest /= 10 }
        events.insert(.free(id: id), at: place + 1 + Int.random(in: 0...rest, using: &random))
      }
      #expect(trace.events == TraceEvents(events))
    }
  }
}
