// SPDX-License-Identifier: MIT

// What of a recorded program's trace is replayed by allocators that serve blocks of one page at most.
//
//     event ──▶ scale its size ──▶ above the largest, or of 0 bytes?  no ──▶ passes
//                                                                     yes ─▶ left out, with all that
//                                                                            follows of its block
//
// Invariants: of a block either every event passes up to some point, or none; a block that is left out
// at a resize is freed there. So what passes of a trace is a trace, but for ids that it lacks.

/// Scales a trace's sizes, and leaves out what is too large, counting what it leaves out.
public struct TraceFilter: Sendable {
  /// What sizes are multiplied with.
  public let scale: Double
  /// The largest size that passes, in bytes, after scaling.
  public let largest: Int
  /// What has been left out so far.
  public private(set) var leftOut = LeftOut()
  /// The ids that are allocated in the trace, and not in what passes.
  private var missing: Set<Int> = []

  /// A filter that has seen nothing.
  ///
  /// - Precondition: `scale` is finite and above 0; `largest` is at least 1.
  public init(scale: Double = 1, largest: Int = .max) {
    precondition(scale.isFinite && scale > 0, "a scale is finite and above 0")
    precondition(largest >= 1, "some size must pass")
    self.scale = scale
    self.largest = largest
    leftOut.limit = largest
  }

  /// The event as it is to be replayed, or nil where it is left out.
  ///
  /// - Complexity: O(1); memory in proportion to the blocks that are left out and not yet freed.
  public mutating func pass(_ event: TraceEvent) -> TraceEvent? {
    switch event {
    case .request(let id, let size):
      leftOut.requestsSeen += 1
      let scaled = scaled(size)
      if scaled > 0, scaled <= largest { return .request(id: id, size: scaled) }
      missing.insert(id)
      leftOut.requests += 1
      leftOut.events += 1
      leftOut.bytes += size
      if size == 0 { leftOut.ofNoSize += 1 } else { leftOut.largest = max(leftOut.largest, size) }
      return nil
    case .resize(let id, let size):
      if isMissing(id) { return countLeftOut() }
      let scaled = scaled(size)
      if scaled > 0, scaled <= largest { return .resize(id: id, size: scaled) }
      missing.insert(id)
      leftOut.resizes += 1
      leftOut.largest = max(leftOut.largest, size)
      return .free(id: id)
    case .free(let id):
      if isMissing(id) {
        missing.remove(id)
        return countLeftOut()
      }
      return event
    }
  }

  private func isMissing(_ id: Int) -> Bool { !missing.isEmpty && missing.contains(id) }

  private mutating func countLeftOut() -> TraceEvent? {
    leftOut.events += 1
    return nil
  }

  /// A size times the scale, rounded up; what has bytes keeps one at least.
  private func scaled(_ size: Int) -> Int {
    if scale == 1 || size == 0 { return size }
    let product = (Double(size) * scale).rounded(.up)
    return product >= 0x1p62 ? Int.max : max(1, Int(product))
  }
}

extension TraceFilter {
  /// What a filter has left out.
  public struct LeftOut: Sendable, Hashable {
    /// Requests, of blocks that are left out wholly.
    public internal(set) var requests = 0
    /// Resizes above the limit, or to nothing: their blocks are left out from there on.
    public internal(set) var resizes = 0
    /// Events of all kinds that have no counterpart.
    public internal(set) var events = 0
    /// What those requests asked for, in bytes before scaling.
    public internal(set) var bytes = 0
    /// The largest size left out, in bytes before scaling.
    public internal(set) var largest = 0
    /// Those of the requests that asked for 0 bytes.
    public internal(set) var ofNoSize = 0
    /// All requests, left out or not.
    public internal(set) var requestsSeen = 0
    var limit = Int.max

    public var isEmpty: Bool { requests == 0 && resizes == 0 }
  }
}

extension TraceFilter.LeftOut: CustomStringConvertible {
  public var description: String {
    if isEmpty { return "nothing is left out" }
    var parts: [String] = []
    let tooLarge = requests - ofNoSize
    if tooLarge > 0 { parts.append("\(tooLarge) above \(limit) bytes") }
    if ofNoSize > 0 { parts.append("\(ofNoSize) of 0 bytes") }
    var text = "left out \(requests) of \(requestsSeen) requests"
    if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
    if resizes > 0 {
      text += "; \(resizes) blocks from a resize on that took them above \(limit) bytes or to none"
    }
    if largest > 0 { text += "; the largest has \(largest) bytes" }
    return text
  }
}
