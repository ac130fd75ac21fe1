// SPDX-License-Identifier: MIT

// Reads a trace event by event, whatever its length, in one buffer of 64 KiB.
//
// Terms: a *line* ends with a newline or with the trace; a *field* is what stands between blanks.
// Empty lines are passed over. The ids' states take one bit per id: 10^8 events need 6 MB.
//
//     start ──header──▶ events ──as many as declared──▶ end
//       └──────────────────┴──── anything else ───────▶ TraceError, with line and field
//
// Invariants: next() returns nil only after exactly as many events as were declared, and throws
// nothing after it; position ≤ filled ≤ buffer size.

/// A trace, read event by event.
@safe
public struct TraceReader<Input: TraceInput & ~Copyable>: ~Copyable {
  private var input: Input
  private let buffer: UnsafeMutableRawBufferPointer
  private var position = 0
  private var filled = 0
  /// The line that is being read, from 1.
  private var line = 1
  private var field = 0
  /// Bit i is set while id i is allocated.
  private var live: [UInt64] = []
  private var knownIDs = 0

  /// How the trace is written.
  public let format: TraceFormat
  /// The number of events that the trace declares.
  public private(set) var declaredEvents = 0
  /// The events read so far.
  public private(set) var events = 0

  private static var bufferSize: Int { 1 << 16 }
  private static var newline: UInt8 { 10 }

  /// Reads what stands before the first event.
  public init(_ input: consuming Input, format: TraceFormat) throws(TraceError) {
    self.input = input
    self.format = format
    unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 8)
    try skipEmptyLines()
    if peek() == nil { throw fault(.empty, field: 1) }
    switch format {
    case .course:
      declaredEvents = try number()
      try endLine()
    case .rep:
      for position in 0..<4 {
        if position > 0 { try skipEmptyLines() }
        let value = try number()
        if position == 2 { declaredEvents = value }
        try endLine()
      }
    }
  }

  deinit {
    unsafe buffer.deallocate()
  }

  /// The next event, or nil at the end.
  ///
  /// - Complexity: O(1) amortised; the bytes of the line.
  public mutating func next() throws(TraceError) -> TraceEvent? {
    if let event = plainEvent() { return event }
    try skipEmptyLines()
    guard let first = peek() else {
      if let failure { throw fault(.unreadable(failure)) }
      guard events == declaredEvents else {
        throw fault(.tooFewEvents(expected: declaredEvents, found: events), field: 1)
      }
      return nil
    }
    guard events < declaredEvents else {
      throw fault(.tooManyEvents(expected: declaredEvents), field: 1)
    }
    let event: TraceEvent
    switch (format, first) {
    case (.course, UInt8(ascii: "R")):
      try word("REQUEST")
      event = try request()
    case (.course, UInt8(ascii: "F")):
      try word("FREE")
      event = try free()
    case (.rep, UInt8(ascii: "a")):
      try word("a")
      event = try request()
    case (.rep, UInt8(ascii: "r")):
      try word("r")
      let id = try number()
      guard isLive(id) else { throw fault(.unknownID(id)) }
      event = .resize(id: id, size: try number())
    case (.rep, UInt8(ascii: "f")):
      try word("f")
      event = try free()
    default:
      throw fault(.unknownVerb, field: 1)
    }
    try endLine()
    events += 1
    return event
  }

  /// An event of the course's format written as usual, all of it in the buffer; otherwise nil, and
  /// nothing has changed: whatever is unusual or wrong is read again, slowly, and said.
  @inline(__always)
  private mutating func plainEvent() -> TraceEvent? {
    guard format == .course, filled - position >= 48, events < declaredEvents else { return nil }
    // SAFETY: a verb and two numbers of at most 10 digits, with what stands between, are 31 bytes at
    // most, and 48 are there.
    let bytes = unsafe UnsafeRawPointer(buffer.baseAddress!) + position
    var offset: Int
    let isRequest: Bool
    if unsafe bytes.loadUnaligned(as: UInt64.self) == 0x2054_5345_5551_4552 {  // "REQUEST "
      offset = 8
      isRequest = true
    } else if unsafe bytes.loadUnaligned(as: UInt32.self) == 0x4545_5246,  // "FREE"
      unsafe bytes.load(fromByteOffset: 4, as: UInt8.self) == 32
    {
      offset = 5
      isRequest = false
    } else {
      return nil
    }
    guard let id = unsafe plainNumber(bytes, &offset, before: isRequest ? 32 : Self.newline) else {
      return nil
    }
    if isRequest {
      guard id == knownIDs, let size = unsafe plainNumber(bytes, &offset, before: Self.newline)
      else { return nil }
      if id & 63 == 0 { live.append(0) }
      live[id >> 6] |= 1 << (id & 63)
      knownIDs += 1
      finishPlain(offset)
      return .request(id: id, size: size)
    }
    guard isLive(id) else { return nil }
    live[id >> 6] &= ~(1 << (id & 63))
    finishPlain(offset)
    return .free(id: id)
  }

  @inline(__always)
  private mutating func finishPlain(_ offset: Int) {
    position += offset
    line += 1
    events += 1
  }

  /// Up to 10 digits from `offset` on, and the byte that must follow; `offset` ends behind it.
  @inline(__always)
  private func plainNumber(
    _ bytes: UnsafeRawPointer, _ offset: inout Int, before end: UInt8
  ) -> Int? {
    var value = 0
    let first = offset
    while offset - first <= 10 {
      // SAFETY: see plainEvent.
      let byte = unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)
      offset += 1
      let digit = byte &- 48
      guard digit < 10 else {
        guard byte == end, offset - first > 1, value <= Int(Int32.max) else { return nil }
        return value
      }
      value = value &* 10 &+ Int(digit)
    }
    return nil
  }

  // MARK: Ids

  private func isLive(_ id: Int) -> Bool { id < knownIDs && live[id >> 6] & 1 << (id & 63) != 0 }

  private mutating func request() throws(TraceError) -> TraceEvent {
    let id = try number()
    guard id >= knownIDs else { throw fault(.repeatedID(id)) }
    guard id == knownIDs else { throw fault(.skippedID(expected: knownIDs)) }
    if id & 63 == 0 { live.append(0) }
    live[id >> 6] |= 1 << (id & 63)
    knownIDs += 1
    return .request(id: id, size: try number())
  }

  private mutating func free() throws(TraceError) -> TraceEvent {
    let id = try number()
    guard id < knownIDs else { throw fault(.unknownID(id)) }
    guard isLive(id) else { throw fault(.freedTwice(id)) }
    live[id >> 6] &= ~(1 << (id & 63))
    return .free(id: id)
  }

  // MARK: Bytes

  /// The system's error number, where the last read failed.
  private var failure: Int32?

  @inline(__always)
  private mutating func peek() -> UInt8? {
    if position == filled {
      let count = unsafe input.read(into: buffer)
      position = 0
      filled = max(0, count)
      if count < 0 { failure = Int32(truncatingIfNeeded: -count) }
      if count <= 0 { return nil }
    }
    // SAFETY: position < filled ≤ the buffer's size.
    return unsafe buffer.load(fromByteOffset: position, as: UInt8.self)
  }

  private mutating func skipEmptyLines() throws(TraceError) {
    field = 0
    while let byte = peek(), byte <= 32 {
      guard byte == Self.newline || isBlank(byte) else { throw fault(.unknownVerb, field: 1) }
      if byte == Self.newline { line += 1 }
      position += 1
    }
  }

  @inline(__always)
  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

  private mutating func skipBlanks() {
    while let byte = peek(), isBlank(byte) { position += 1 }
  }

  /// Reads a word that the line must have here.
  private mutating func word(_ text: StaticString) throws(TraceError) {
    field += 1
    var index = 0
    while index < text.utf8CodeUnitCount {
      // SAFETY: the index is within the literal.
      let expected = unsafe text.utf8Start[index]
      guard let byte = peek(), byte == expected else {
        throw fault(.unknownVerb)
      }
      position += 1
      index += 1
    }
    if let byte = peek(), byte > 32 { throw fault(.unknownVerb) }
  }

  /// Reads a number within 0 and 2^31 − 1.
  private mutating func number() throws(TraceError) -> Int {
    field += 1
    skipBlanks()
    guard let first = peek(), first != Self.newline else { throw fault(.missingField) }
    if first == UInt8(ascii: "-") { throw fault(.negativeNumber) }
    var value = 0
    var digits = 0
    while let byte = peek(), byte > 32 {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { throw fault(.notANumber) }
      value = value &* 10 &+ Int(digit)
      guard value <= Int(Int32.max) else { throw fault(.numberTooLarge) }
      digits += 1
      position += 1
    }
    guard digits > 0 else { throw fault(.notANumber) }
    return value
  }

  private mutating func endLine() throws(TraceError) {
    skipBlanks()
    guard let byte = peek() else { return }
    guard byte == Self.newline else { throw fault(.unexpectedField, field: field + 1) }
    position += 1
    line += 1
  }

  private func fault(_ problem: TraceError.Problem, field: Int? = nil) -> TraceError {
    TraceError(
      problem: failure.map { .unreadable($0) } ?? problem, line: line, field: field ?? self.field)
  }
}
