// SPDX-License-Identifier: MIT

import Instruments
import Laboratory
import Testing

@Suite struct TraceTests {
  static func read(_ text: String, _ format: TraceFormat? = nil) throws -> TraceEvents {
    try Trace(reading: BytesInput(Array(text.utf8)), format: format).events
  }

  @Test func `a trace of the course`() throws {
    let events = try Self.read("4\nREQUEST 0 17\n\nREQUEST  1\t8184\r\nFREE 0\nFREE 1")
    #expect(
      events == [
        .request(id: 0, size: 17), .request(id: 1, size: 8184), .free(id: 0), .free(id: 1),
      ])
    #expect(try Self.read("0\n").isEmpty)
  }

  @Test func `a trace of malloc-lab`() throws {
    let events = try Self.read("20000\n2\n5\n1\na 0 512\na 1 128\nr 0 640\nf 1\nf 0\n", .rep)
    #expect(
      events == [
        .request(id: 0, size: 512), .request(id: 1, size: 128), .resize(id: 0, size: 640),
        .free(id: 1), .free(id: 0),
      ])
  }

  @Test(arguments: [
    ("", TraceError.Problem.empty, 1, 1),
    ("\n\n", .empty, 3, 1),
    ("x\n", .notANumber, 1, 1),
    ("REQUEST 0 5\n", .notANumber, 1, 1),
    ("-3\n", .negativeNumber, 1, 1),
    ("99999999999999999999\n", .numberTooLarge(limit: 1 << 48 - 1), 1, 1),
    ("1 2\n", .unexpectedField, 1, 2),
    ("2\nREQUEST 0 5\n", .tooFewEvents(expected: 2, found: 1), 3, 1),
    ("1\nREQUEST 0 5\nFREE 0\n", .tooManyEvents(expected: 1), 3, 1),
    ("1\nREQUEST 0\n", .missingField, 2, 3),
    ("1\nREQUEST 0 -5\n", .negativeNumber, 2, 3),
    ("1\nREQUEST 0 5k\n", .notANumber, 2, 3),
    ("1\nREQUEST 0 5 6\n", .unexpectedField, 2, 4),
    ("1\nREQUEST 1 5\n", .skippedID(expected: 0), 2, 2),
    ("2\nREQUEST 0 5\nREQUEST 0 5\n", .repeatedID(0), 3, 2),
    ("1\nFREE 0\n", .unknownID(0), 2, 2),
    ("3\nREQUEST 0 5\nFREE 0\nFREE 0\n", .freedTwice(0), 4, 2),
    ("1\nREQUESTS 0 5\n", .unknownVerb, 2, 1),
    ("1\nrequest 0 5\n", .unknownVerb, 2, 1),
    ("1\n\u{0}\u{1}\n", .unknownVerb, 2, 1),
    ("1\nREQ", .unknownVerb, 2, 1),
  ])
  func `a malformed trace is refused`(
    text: String, problem: TraceError.Problem, line: Int, field: Int
  ) throws {
    let expected = TraceError(problem: problem, line: line, field: field)
    #expect(throws: expected) { try Self.read(text) }
    #expect(!expected.description.isEmpty)
  }

  @Test func `a buffer's end in the middle of a line`() throws {
    let recipe = TraceRecipe(
      count: 20_000, distribution: .log, sizes: 8...8000, lifetime: .uniform, seed: 3)
    let trace = Trace(recipe)
    #expect(trace.text.utf8.count > 4 << 16)
    #expect(try Self.read(trace.text) == trace.events)
  }

  @Test func `random bytes never crash the reader`() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let good = Array(
      Trace(TraceRecipe(count: 20, distribution: .log, sizes: 8...99, lifetime: .early, seed: 1))
        .text.utf8)
    var refused = 0
    for _ in 0..<1000 {
      var bytes = good
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
        case 2: if place < bytes.count { bytes[place] = .random(in: 0...255, using: &random) }
        default:
          if place < bytes.count { bytes[place] = [10, 32, 45, 57].randomElement(using: &random)! }
        }
      }
      do {
        let trace = try Trace(reading: BytesInput(bytes))
        #expect(trace.idCount <= trace.events.count, "seed \(seed)")
      } catch {
        #expect(error.line >= 1 && error.field >= 0, "seed \(seed)")
        refused += 1
      }
    }
    #expect(refused > 300, "seed \(seed)")
  }

  @Test(arguments: [TraceRecipe.Lifetime.uniform, .early])
  func `a generated trace frees all it requests`(lifetime: TraceRecipe.Lifetime) throws {
    let recipe = TraceRecipe(
      count: 3000, distribution: .linear, sizes: 8...4000, lifetime: lifetime, seed: 42)
    let trace = Trace(recipe)
    #expect(trace.events == Trace(recipe).events)
    #expect(trace.events.count == 6000)
    // The reader refuses what is freed before it is requested, or twice.
    #expect(try Self.read(trace.text) == trace.events)
    var live = 0
    for event in trace.events {
      switch event {
      case .request(_, let size):
        #expect(8...4000 ~= size)
        live += 1
      case .free: live -= 1
      case .resize: Issue.record("a generated trace resizes nothing")
      }
    }
    #expect(live == 0)
  }
}
