// SPDX-License-Identifier: MIT

// Reads a trace event by event, whatever its length.
//
//     start ──header──▶ events ──as many as declared──▶ end
//       └──────────────────┴──── anything else ───────▶ TraceError, with line and field
//
// Ids are handed out in order of requests, whatever the trace calls its blocks. Memory: a buffer of
// 64 KiB, a window of 128 KiB at most, and what is live (see LiveIDs.swift).
//
// Invariants: next() returns nil only after exactly as many events as were declared; the ids of
// requests are 0, 1, 2 …; a resize or free is of an id that is live.

/// A trace, read event by event.
public struct TraceReader<Input: TraceInput & ~Copyable>: ~Copyable {
  private var bytes: TraceBytes<Input>
  private var live: LiveIDs
  private var plain: PlainLines
  /// The events read, handed out or not.
  private var found: Int
  /// Of malloc-lab: the blocks that are allocated, by the trace's own ids.
  private var names: [Int: Int]
  private let declaredIDs: Int

  /// How the trace is written.
  public let format: TraceFormat
  /// The number of events that the trace declares.
  public let declaredEvents: Int
  /// The events handed out so far.
  public var events: Int { found - plain.count }

  /// The requests read so far, and the next one's id.
  public var requests: Int { live.known }

  private static var largestID: Int { TraceEvents.idLimit - 1 }

  /// Reads what stands before the first event; without a format, finds out which it is.
  public init(
    _ input: consuming Input, format wanted: TraceFormat? = nil
  ) throws(TraceError) {
    // Nothing of this value may be there before the last error: Swift 6.3 would not release it.
    var bytes = TraceBytes(input)
    let header = try TraceHeader(&bytes, wanted)
    self.bytes = bytes
    format = header.format
    declaredIDs = header.ids
    declaredEvents = header.events
    found = 0
    names = [:]
    live = LiveIDs()
    plain = PlainLines()
  }

  /// The next event, or nil at the end.
  ///
  /// - Complexity: O(1) amortised; the bytes of the line.
  @inline(__always)
  public mutating func next() throws(TraceError) -> TraceEvent? {
    if let event = plain.pop() { return event }
    return try nextOfAnyKind()
  }

  /// Shows events that were read already, up to a number; as many as `take` returns are handed out.
  @inline(__always)
  mutating func takePlain(most: Int, _ take: (Span<UInt64>) -> Int) -> Int {
    plain.take(most: most, take)
  }

  @inline(never)
  private mutating func nextOfAnyKind() throws(TraceError) -> TraceEvent? {
    readPlain()
    if let event = plain.pop() { return event }
    try bytes.skipEmptyLines(isPadded: found == declaredEvents)
    guard bytes.peek() != nil else {
      if bytes.failure != nil { throw bytes.fault(.empty) }
      guard found == declaredEvents else {
        throw bytes.fault(.tooFewEvents(expected: declaredEvents, found: found), field: 1)
      }
      return nil
    }
    guard found < declaredEvents else {
      throw bytes.fault(.tooManyEvents(expected: declaredEvents), field: 1)
    }
    let event: TraceEvent
    switch format {
    case .course: event = try nextOfCourse()
    case .rep: event = try nextOfMallocLab()
    }
    try bytes.endLine()
    found += 1
    return event
  }

  /// Hands out the events that were read and not asked for, and those that can be read quickly.
  mutating func movePlainEvents(to list: inout TraceEvents) {
    repeat {
      plain.move(to: &list)
      readPlain()
    } while plain.count > 0
  }

  /// Reads as many lines as can be read quickly.
  private mutating func readPlain() {
    guard format == .course else { return }
    bytes.read(&plain, most: declaredEvents - found, &live)
    found += plain.count
  }

  // MARK: The course's format

  private mutating func nextOfCourse() throws(TraceError) -> TraceEvent {
    switch bytes.word() {
    case Verb.request:
      let id = try bytes.number(limit: Self.largestID)
      guard id >= live.known else { throw bytes.fault(.repeatedID(id)) }
      guard id == live.known else { throw bytes.fault(.skippedID(expected: live.known)) }
      let size = try size()
      live.insertNext()
      return .request(id: id, size: size)
    case Verb.resize:
      let id = try knownID()
      guard live.contains(id) else { throw bytes.fault(.freedTwice(id)) }
      return .resize(id: id, size: try size())
    case Verb.free:
      let id = try knownID()
      guard live.remove(id) else { throw bytes.fault(.freedTwice(id)) }
      return .free(id: id)
    default:
      throw bytes.fault(.unknownVerb)
    }
  }

  private mutating func knownID() throws(TraceError) -> Int {
    let id = try bytes.number(limit: Self.largestID)
    guard id < live.known else { throw bytes.fault(.unknownID(id)) }
    return id
  }

  /// A size, and the mark that a recorded one may have.
  private mutating func size() throws(TraceError) -> Int {
    let size = try bytes.number(limit: TraceHeader.largestNumber)
    if !bytes.isLineEnd(), bytes.word() != Verb.large { throw bytes.fault(.unexpectedField) }
    return size
  }

  // MARK: malloc-lab

  private mutating func nextOfMallocLab() throws(TraceError) -> TraceEvent {
    let verb = bytes.word()
    switch verb {
    case Verb.a, Verb.r:
      let name = try declaredID()
      let known = names[name]
      if verb == Verb.a, known != nil { throw bytes.fault(.repeatedID(name)) }
      let size = try bytes.number(limit: TraceHeader.largestNumber)
      guard let id = known else { return .request(id: try request(name), size: size) }
      return size == 0 ? release(name, id) : .resize(id: id, size: size)
    case Verb.f:
      let name = try declaredID()
      guard let id = names[name] else { throw bytes.fault(.notAllocated(name)) }
      return release(name, id)
    default:
      throw bytes.fault(.unknownVerb)
    }
  }

  private mutating func declaredID() throws(TraceError) -> Int {
    let name = try bytes.number(limit: Self.largestID)
    guard name < declaredIDs else { throw bytes.fault(.undeclaredID(declared: declaredIDs)) }
    return name
  }

  private mutating func request(_ name: Int) throws(TraceError) -> Int {
    let id = live.known
    guard id <= Self.largestID else { throw bytes.fault(.numberTooLarge(limit: Self.largestID)) }
    names[name] = id
    live.insertNext()
    return id
  }

  private mutating func release(_ name: Int, _ id: Int) -> TraceEvent {
    names[name] = nil
    _ = live.remove(id)
    return .free(id: id)
  }
}

/// What stands before the first event.
private struct TraceHeader {
  var format: TraceFormat
  var ids = 0
  var events: Int

  /// The largest size, and count of events, that a trace may have: what a processor can address.
  static var largestNumber: Int { 1 << 48 - 1 }

  init<Input: TraceInput & ~Copyable>(
    _ bytes: inout TraceBytes<Input>, _ wanted: TraceFormat?
  ) throws(TraceError) {
    try bytes.skipEmptyLines()
    if bytes.peek() == nil { throw bytes.fault(.empty, field: 1) }
    events = try bytes.headerLine(limit: Self.largestNumber)
    format = wanted ?? .course
    if wanted == nil {
      // The second line of malloc-lab's is a number, of the course's a verb, if there is one.
      try bytes.skipEmptyLines(isPadded: events == 0)
      if let first = bytes.peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= first { format = .rep }
    }
    if format == .rep {
      ids = try bytes.headerLine(limit: TraceEvents.idLimit)
      events = try bytes.headerLine(limit: Self.largestNumber)
      _ = try bytes.headerLine(limit: Self.largestNumber)
    }
  }
}

extension TraceBytes where Input: ~Copyable {
  /// Reads a line of one number.
  fileprivate mutating func headerLine(limit: Int) throws(TraceError) -> Int {
    try skipEmptyLines()
    let number = try number(limit: limit)
    try endLine()
    return number
  }
}

/// The words that lines begin with, and the mark of a size above a page, the first letter lowest.
private enum Verb {
  static var request: UInt64 { packed("REQUEST") }
  static var resize: UInt64 { packed("RESIZE") }
  static var free: UInt64 { packed("FREE") }
  static var large: UInt64 { packed("LARGE") }
  static var a: UInt64 { packed("a") }
  static var r: UInt64 { packed("r") }
  static var f: UInt64 { packed("f") }

  @inline(__always)
  private static func packed(_ text: StaticString) -> UInt64 {
    var word: UInt64 = 0
    for index in (0..<text.utf8CodeUnitCount).reversed() {
      // SAFETY: the index is within the literal.
      word = word << 8 | UInt64(unsafe text.utf8Start[index])
    }
    return word
  }
}
