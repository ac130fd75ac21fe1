// SPDX-License-Identifier: MIT

/// Lines of a trace in the course's format, as bytes: a trace of 10^8 events is written piece by piece.
public struct TraceText: Sendable {
  /// What has been added and not taken out.
  public private(set) var bytes: [UInt8] = []

  /// No bytes yet.
  public init() {}

  /// Adds the line that a trace begins with.
  public mutating func add(count: Int) {
    add(count, end: UInt8(ascii: "\n"))
  }

  /// Adds an event.
  public mutating func add(_ event: TraceEvent) {
    switch event {
    case .request(let id, let size):
      add("REQUEST ")
      add(id, end: UInt8(ascii: " "))
      add(size, end: UInt8(ascii: "\n"))
    case .resize(let id, let size):
      add("RESIZE ")
      add(id, end: UInt8(ascii: " "))
      add(size, end: UInt8(ascii: "\n"))
    case .free(let id):
      add("FREE ")
      add(id, end: UInt8(ascii: "\n"))
    }
  }

  /// Forgets what has been added; the room stays.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  private mutating func add(_ word: StaticString) {
    // SAFETY: a literal's bytes live as long as the program.
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private mutating func add(_ number: Int, end: UInt8) {
    let first = bytes.count
    var rest = number.magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[first...].reverse()
    bytes.append(end)
  }
}
