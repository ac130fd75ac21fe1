// SPDX-License-Identifier: MIT

/// A whole trace in memory, as the contest needs it: nothing is parsed while the clock runs.
///
/// Invariant: ids are within 0 and ``idCount`` − 1; each is requested once, before it is resized or
/// freed, and freed at most once.
public struct Trace: Sendable, Hashable {
  /// The events in order.
  public private(set) var events: TraceEvents
  /// The number of ids.
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
