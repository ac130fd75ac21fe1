// SPDX-License-Identifier: MIT

// The bytes of a trace, lines and fields of them, through one buffer of 64 KiB.
//
// Terms: a *line* ends with a newline or with the trace; a *field* is what stands between blanks, which
// are spaces, tabs and carriage returns. Empty lines are passed over.
//
// Invariant: position ≤ filled ≤ buffer size.

/// A cursor over the bytes of a trace.
struct TraceBytes<Input: TraceInput & ~Copyable>: ~Copyable {
  private var input: Input
  private let memory = TraceBuffer()
  private var position = 0
  private var filled = 0
  /// What was read before the buffer's present contents.
  private var passed = 0
  /// The system's error number, where the last read failed.
  private(set) var failure: Int32?
  /// The line that is being read, from 1.
  private(set) var line = 1
  /// The field that is being read, from 1; 0 before the first.
  private(set) var field = 0

  private var buffer: UnsafeMutableRawBufferPointer { unsafe memory.bytes }
  static var newline: UInt8 { 10 }

  init(_ input: consuming Input) {
    self.input = input
  }

  /// The bytes read so far.
  var count: Int { passed + position }

  /// The byte at hand, or nil at the end and where reading fails.
  @inline(__always)
  mutating func peek() -> UInt8? {
    if position == filled, !fill() { return nil }
    // SAFETY: position < filled ≤ the buffer's size.
    return unsafe buffer.load(fromByteOffset: position, as: UInt8.self)
  }

  @inline(never)
  private mutating func fill() -> Bool {
    if failure != nil { return false }
    passed += filled
    position = 0
    let count = unsafe input.read(into: buffer)
    filled = unsafe min(max(0, count), buffer.count)
    if count < 0 { failure = Int32(truncatingIfNeeded: -count) }
    return filled > 0
  }

  // MARK: Lines

  /// Goes to the first field of the next line that has one.
  ///
  /// - Parameter isPadded: whether zero bytes are passed over like blanks: an unfinished recording is
  ///   filled up with them.
  mutating func skipEmptyLines(isPadded: Bool = false) throws(TraceError) {
    field = 0
    while let byte = peek(), byte <= 32 {
      guard byte == Self.newline || isBlank(byte) || (isPadded && byte == 0) else {
        throw fault(.unknownVerb, field: 1)
      }
      if byte == Self.newline { line += 1 }
      position += 1
    }
  }

  mutating func endLine() throws(TraceError) {
    guard isLineEnd() else { throw fault(.unexpectedField, field: field + 1) }
    guard peek() != nil else { return }
    position += 1
    line += 1
  }

  @inline(__always)
  private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

  private mutating func skipBlanks() {
    while let byte = peek(), isBlank(byte) { position += 1 }
  }

  // MARK: Fields

  /// Reads a word of up to 8 bytes, the first in the lowest byte; 0 where it is longer or missing.
  mutating func word() -> UInt64 {
    field += 1
    skipBlanks()
    var word: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = peek(), byte > 32 {
      guard shift < 64 else { return 0 }
      word |= UInt64(byte) << shift
      shift += 8
      position += 1
    }
    return word
  }

  /// Whether nothing more stands in this line.
  mutating func isLineEnd() -> Bool {
    skipBlanks()
    let byte = peek()
    return byte == nil || byte == Self.newline
  }

  /// Reads a number within 0 and a limit.
  mutating func number(limit: Int) throws(TraceError) -> Int {
    field += 1
    skipBlanks()
    guard let first = peek(), first != Self.newline else { throw fault(.missingField) }
    if first == UInt8(ascii: "-") { throw fault(.negativeNumber) }
    var value = 0
    var isEmpty = true
    while let byte = peek(), byte > 32 {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { throw fault(.notANumber) }
      value = value * 10 + Int(digit)
      guard value <= limit else { throw fault(.numberTooLarge(limit: limit)) }
      isEmpty = false
      position += 1
    }
    guard !isEmpty else { throw fault(.notANumber) }
    return value
  }

  /// An error here. Where the input can't be read, that is what is wrong.
  func fault(_ problem: TraceError.Problem, field: Int? = nil) -> TraceError {
    TraceError(
      problem: failure.map { .unreadable($0) } ?? problem, line: line, field: field ?? self.field)
  }

  /// Reads plain lines for as long as they are wholly in the buffer, up to a number.
  mutating func read(_ plain: inout PlainLines, most: Int, _ live: inout LiveIDs) {
    // SAFETY: position ≤ filled ≤ the buffer's size.
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[position..<filled])
    position += unsafe plain.read(bytes, most: most, &live)
    line += plain.count
  }
}

/// The buffer's memory. A class, as Swift 6.3 forgets to end a generic struct that can't be copied.
@safe
final class TraceBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init() {
    unsafe bytes = .allocate(byteCount: 1 << 16, alignment: 8)
  }

  deinit {
    unsafe bytes.deallocate()
  }
}
