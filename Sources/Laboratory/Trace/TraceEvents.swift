// SPDX-License-Identifier: MIT

// The events of a trace in memory, 8 bytes each. As an enumeration they would take 24: a trace of
// 200,000 events would touch 1,200 pages to be read, and that takes longer than to parse it.
//
//     63      32 31     30 29        0
//     │  size  │  kind   │    id     │       kind: 0 request, 1 resize, 2 free (size 0)

/// A trace's events in order.
@frozen
public struct TraceEvents: Sendable, Hashable {
  @usableFromInline var packed: [UInt64]

  /// No events.
  @inlinable
  public init() { packed = [] }

  /// One more than the largest id that has a place.
  @inlinable
  public static var idLimit: Int { 1 << 30 }
  /// The largest size that is told from larger ones: those above are kept as this one.
  @inlinable
  public static var largestSize: Int { Int(UInt32.max) }

  @inlinable @inline(__always)
  static func packed(kind: UInt64, id: Int, size: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: Swift.min(size, largestSize)) << 32 | kind << 30
      | UInt64(truncatingIfNeeded: id)
  }

  /// Adds an event.
  ///
  /// - Precondition: its id is below ``idLimit``, its size not negative.
  @inlinable
  public mutating func append(_ event: TraceEvent) {
    precondition(event.id >= 0 && event.id < Self.idLimit, "an id is within 0 and 2^30 − 1")
    switch event {
    case .request(let id, let size): packed.append(Self.packed(kind: 0, id: id, size: size))
    case .resize(let id, let size): packed.append(Self.packed(kind: 1, id: id, size: size))
    case .free(let id): packed.append(Self.packed(kind: 2, id: id, size: 0))
    }
  }

  /// Makes room for as many events in all.
  @inlinable
  public mutating func reserveCapacity(_ count: Int) { packed.reserveCapacity(count) }
}

extension TraceEvents: RandomAccessCollection {
  @inlinable
  public var startIndex: Int { 0 }
  @inlinable
  public var endIndex: Int { packed.count }

  @inlinable @inline(__always)
  public subscript(position: Int) -> TraceEvent { Self.event(packed[position]) }

  @inlinable @inline(__always)
  static func event(_ word: UInt64) -> TraceEvent {
    let id = Int(truncatingIfNeeded: word & (1 << 30 - 1))
    let size = Int(truncatingIfNeeded: word >> 32)
    switch word >> 30 & 3 {
    case 0: return .request(id: id, size: size)
    case 1: return .resize(id: id, size: size)
    default: return .free(id: id)
    }
  }
}

extension TraceEvents: ExpressibleByArrayLiteral {
  @inlinable
  public init(arrayLiteral elements: TraceEvent...) {
    self.init(elements)
  }

  /// The events of a sequence.
  @inlinable
  public init(_ events: some Sequence<TraceEvent>) {
    self.init()
    reserveCapacity(events.underestimatedCount)
    for event in events { append(event) }
  }
}

/// An event as ``TraceEvents`` has it.
struct PackedEvent: BitwiseCopyable {
  let word: UInt64

  /// 0 request, 1 resize, 2 free.
  @inline(__always) var kind: Int { Int(truncatingIfNeeded: word >> 30 & 3) }
  @inline(__always) var id: Int { Int(truncatingIfNeeded: word & (1 << 30 - 1)) }
  /// Bytes; 0 of a free.
  @inline(__always) var size: Int { Int(truncatingIfNeeded: word >> 32) }

  @inline(__always) var event: TraceEvent { TraceEvents.event(word) }
}
