// SPDX-License-Identifier: MIT

/// A trace in the making, event by event.
///
/// Invariant: what has been added is a trace but for its end; sizes are positive.
struct TraceBuilder {
  private(set) var events = TraceEvents()
  private var isLive: [Bool] = []

  /// The requests so far, and the next one's id.
  var count: Int { isLive.count }

  /// Adds a request; returns its id.
  @discardableResult
  mutating func request(_ size: Int) -> Int {
    events.append(.request(id: count, size: max(1, size)))
    isLive.append(true)
    return count - 1
  }

  /// Adds requests of one size; returns their ids.
  @discardableResult
  mutating func request(_ size: Int, times: Int) -> Range<Int> {
    let first = count
    for _ in 0..<max(0, times) { request(size) }
    return first..<count
  }

  /// Frees a block that is live.
  mutating func free(_ id: Int) {
    precondition(isLive[id], "a block is freed once")
    isLive[id] = false
    events.append(.free(id: id))
  }

  /// Frees blocks that are live.
  mutating func free(_ ids: some Sequence<Int>) {
    for id in ids { free(id) }
  }

  /// Frees what is live, in order of requests.
  consuming func finished() -> Trace {
    for id in isLive.indices where isLive[id] { events.append(.free(id: id)) }
    return Trace(events: events, idCount: isLive.count)
  }
}
