// SPDX-License-Identifier: MIT

/// What of a trace is replayed, and at which scale: a real program's requests fit no page as they are.
public struct TraceSelection: Sendable, Hashable {
  /// Requests of other sizes, in bytes and before they are scaled, are left out with all that becomes
  /// of their blocks.
  public var sizes: ClosedRange<Int>
  /// What sizes are multiplied by; the result is rounded up, and at least 1 where the size was.
  public var scale: Double

  /// - Precondition: the scale is above 0 and finite.
  public init(sizes: ClosedRange<Int> = 0...Int(Int32.max), scale: Double = 1) {
    precondition(scale > 0 && scale.isFinite, "a scale is above 0")
    self.sizes = sizes
    self.scale = scale
  }

  /// A size as it is replayed, or nil where it is left out.
  func scaled(_ size: Int) -> Int? {
    guard sizes.contains(size) else { return nil }
    guard scale != 1 else { return size }
    return Int(min((Double(size) * scale).rounded(.up), Double(Int32.max)))
  }
}

/// What a replay was made of.
public struct TraceTally: Sendable, Hashable {
  /// The events that were replayed.
  public internal(set) var events = 0
  /// The events that the selection left out.
  public internal(set) var leftOut = 0
  /// The requests among those, and their bytes.
  public internal(set) var requestsLeftOut = 0
  /// The bytes of those requests.
  public internal(set) var bytesLeftOut = 0
  /// Requests that no page can hold, which are refused as a rule, and their bytes.
  public internal(set) var aboveOnePage = 0
  /// The bytes of those requests.
  public internal(set) var bytesAboveOnePage = 0
}
