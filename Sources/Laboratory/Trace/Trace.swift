// SPDX-License-Identifier: MIT

/// A whole trace in memory, as the contest needs it: nothing is parsed while the clock runs.
///
/// Invariant: ids are within 0 and ``idCount`` − 1; each is requested once, before it is resized or
/// freed, and freed at most once.
public struct Trace: Sendable {
  /// The events in order.
  public private(set) var events: [TraceEvent]
  /// The number of ids.
  public private(set) var idCount: Int

  /// Takes over events that obey the invariant.
  init(events: [TraceEvent], idCount: Int) {
    self.events = events
    self.idCount = idCount
  }

  /// Reads a trace to its end.
  public init<Input: TraceInput & ~Copyable>(
    reading input: consuming Input, format: TraceFormat = .course
  ) throws(TraceError) {
    var reader = try TraceReader(input, format: format)
    events = []
    // What a trace declares is not yet true: no more than this is set aside on its word.
    events.reserveCapacity(min(reader.declaredEvents, 1 << 20))
    idCount = 0
    while let event = try reader.next() {
      if case .request = event { idCount += 1 }
      events.append(event)
    }
  }

  /// The trace in the course's format, which has no resizes.
  ///
  /// - Precondition: there are none.
  public var text: String {
    var lines = "\(events.count)\n"
    for event in events {
      switch event {
      case .request(let id, let size): lines += "REQUEST \(id) \(size)\n"
      case .resize: preconditionFailure("the course's format has no resizes")
      case .free(let id): lines += "FREE \(id)\n"
      }
    }
    return lines
  }
}
