// SPDX-License-Identifier: MIT

/// A whole trace in memory, as the contest needs it: nothing is parsed while the clock runs.
///
/// Invariant: ids are within 0 and ``idCount`` − 1; each is requested at most once, before it is
/// resized or freed, and freed at most once. A filtered trace lacks some.
public struct Trace: Sendable, Hashable {
  /// The events in order.
  public private(set) var events: TraceEvents
  /// A bound of the ids: they are below it.
  public private(set) var idCount: Int

  /// Takes over events that obey the invariant.
  init(events: TraceEvents, idCount: Int) {
    self.events = events
    self.idCount = idCount
  }

  /// Reads a trace to its end; without a format, finds out which it is.
  public init<Input: TraceInput & ~Copyable>(
    reading input: consuming Input, format: TraceFormat? = nil
  ) throws(TraceError) {
    var reader = try TraceReader(input, format: format)
    events = TraceEvents()
    // What a trace declares is not yet true: no more than this is set aside on its word.
    events.reserveCapacity(min(reader.declaredEvents, 1 << 20))
    while true {
      reader.movePlainEvents(to: &events)
      guard let event = try reader.next() else { break }
      events.append(event)
    }
    idCount = reader.requests
  }

  /// Reads what a filter lets pass.
  public init<Input: TraceInput & ~Copyable>(
    reading input: consuming Input, format: TraceFormat? = nil, filter: inout TraceFilter
  ) throws(TraceError) {
    var reader = try TraceReader(input, format: format)
    events = TraceEvents()
    events.reserveCapacity(min(reader.declaredEvents, 1 << 20))
    while let event = try reader.next() {
      if let passed = filter.pass(event) { events.append(passed) }
    }
    idCount = reader.requests
  }

  /// What a filter lets pass of this trace.
  public func filtered(by filter: inout TraceFilter) -> Trace {
    var passed = TraceEvents()
    passed.reserveCapacity(events.count)
    for event in events {
      if let event = filter.pass(event) { passed.append(event) }
    }
    return Trace(events: passed, idCount: idCount)
  }

  /// The trace in the course's format; resizes are written as `RESIZE id size`, which only this
  /// project reads.
  ///
  /// - Complexity: O(n).
  public var text: String {
    var text = TraceText()
    text.add(count: events.count)
    for event in events { text.add(event) }
    return text.string
  }
}
