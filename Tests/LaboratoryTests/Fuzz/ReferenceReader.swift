// SPDX-License-Identifier: MIT

// A second reader of traces, slow and simple, that the first is compared with: it takes the whole text
// apart into lines and fields before it looks at any of them.

/// What a trace means, or what is wrong with it first.
struct ReferenceReader {
  private var lines: [[[UInt8]]]
  private var number = 0
  private var field = 0

  private static let limit = 1 << 48 - 1

  static func read(_ bytes: [UInt8]) -> Result<[TraceEvent], TraceError> {
    var reader = ReferenceReader(bytes)
    do throws(TraceError) {
      return .success(try reader.events())
    } catch {
      return .failure(error)
    }
  }

  private init(_ bytes: [UInt8]) {
    lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Self.fields)
  }

  /// Fields stand between blanks; a control character is a field by itself.
  private static func fields(_ line: ArraySlice<UInt8>) -> [[UInt8]] {
    var fields: [[UInt8]] = []
    var isInside = false
    for byte in line {
      if byte > 32, isInside {
        fields[fields.count - 1].append(byte)
      } else if byte == 32 || byte == 9 || byte == 13 {
        isInside = false
      } else {
        fields.append([byte])
        isInside = byte > 32
      }
    }
    return fields
  }

  private mutating func events() throws(TraceError) -> [TraceEvent] {
    guard try nextLine() else { throw error(.empty, 1) }
    var declared = try wholeNumber()
    var isMallocLab = false
    // The second line is looked at without being taken.
    let place = number
    if try nextLine(isPadded: declared == 0) {
      isMallocLab = (48...57).contains(lines[number - 1][0][0])
      number = place
    }
    var ids = 0
    if isMallocLab {
      ids = try headerNumber(1 << 30)
      declared = try headerNumber(Self.limit)
      _ = try headerNumber(Self.limit)
    }
    var events: [TraceEvent] = []
    var state: [Int: Int] = [:]
    var requests = 0
    while true {
      guard try nextLine(isPadded: events.count == declared) else { break }
      guard events.count < declared else { throw error(.tooManyEvents(expected: declared), 1) }
      let verb = String(decoding: lines[number - 1][0], as: UTF8.self)
      field = 1
      events.append(
        isMallocLab
          ? try mallocLab(verb, ids, &state, &requests) : try course(verb, &state, &requests))
      if field < lines[number - 1].count { throw error(.unexpectedField, field + 1) }
    }
    guard events.count == declared else {
      throw error(.tooFewEvents(expected: declared, found: events.count), 1)
    }
    return events
  }

  /// `state` has 1 for a live id and 0 for one that was freed.
  private mutating func course(
    _ verb: String, _ state: inout [Int: Int], _ requests: inout Int
  ) throws(TraceError) -> TraceEvent {
    switch verb {
    case "REQUEST":
      let id = try value(1 << 30 - 1)
      if state[id] != nil { throw error(.repeatedID(id)) }
      if id != requests { throw error(.skippedID(expected: requests)) }
      let size = try size()
      state[id] = 1
      requests += 1
      return .request(id: id, size: size)
    case "RESIZE":
      let id = try value(1 << 30 - 1)
      guard let known = state[id] else { throw error(.unknownID(id)) }
      if known == 0 { throw error(.freedTwice(id)) }
      return .resize(id: id, size: try size())
    case "FREE":
      let id = try value(1 << 30 - 1)
      guard let known = state[id] else { throw error(.unknownID(id)) }
      if known == 0 { throw error(.freedTwice(id)) }
      state[id] = 0
      return .free(id: id)
    default: throw error(.unknownVerb, 1)
    }
  }

  /// `state` has the number of the request for a live id.
  private mutating func mallocLab(
    _ verb: String, _ ids: Int, _ state: inout [Int: Int], _ requests: inout Int
  ) throws(TraceError) -> TraceEvent {
    guard ["a", "r", "f"].contains(verb) else { throw error(.unknownVerb, 1) }
    let id = try value(1 << 30 - 1)
    if id >= ids { throw error(.undeclaredID(declared: ids)) }
    if verb == "f" {
      guard let request = state.removeValue(forKey: id) else { throw error(.notAllocated(id)) }
      return .free(id: request)
    }
    if verb == "a", state[id] != nil { throw error(.repeatedID(id)) }
    let size = try value(Self.limit)
    if let request = state[id] {
      if size > 0 { return .resize(id: request, size: size) }
      state[id] = nil
      return .free(id: request)
    }
    state[id] = requests
    requests += 1
    return .request(id: requests - 1, size: size)
  }

  private mutating func size() throws(TraceError) -> Int {
    let size = try value(Self.limit)
    let fields = lines[number - 1]
    if field < fields.count {
      field += 1
      if fields[field - 1] != Array("LARGE".utf8) { throw error(.unexpectedField) }
    }
    return size
  }

  // MARK: Lines and fields

  /// Goes to the next line that has fields, if there is one; zero bytes before the first may not count.
  private mutating func nextLine(isPadded: Bool = false) throws(TraceError) -> Bool {
    while number < lines.count {
      number += 1
      field = 0
      if isPadded {
        let fields = lines[number - 1]
        lines[number - 1].removeSubrange(..<(fields.firstIndex { $0 != [0] } ?? fields.count))
      }
      guard let first = lines[number - 1].first else { continue }
      if first[0] < 32 || first[0] == 32 { throw error(.unknownVerb, 1) }
      return true
    }
    return false
  }

  private mutating func headerNumber(_ limit: Int) throws(TraceError) -> Int {
    guard try nextLine() else {
      number = lines.count
      throw error(.missingField, 1)
    }
    return try wholeNumber(limit)
  }

  private mutating func wholeNumber(_ limit: Int = limit) throws(TraceError) -> Int {
    let number = try value(limit)
    if field < lines[self.number - 1].count { throw error(.unexpectedField, field + 1) }
    return number
  }

  private mutating func value(_ limit: Int) throws(TraceError) -> Int {
    let fields = lines[number - 1]
    field += 1
    guard field <= fields.count else { throw error(.missingField) }
    if fields[field - 1][0] == 45 { throw error(.negativeNumber) }
    var value = 0
    for byte in fields[field - 1] {
      guard (48...57).contains(byte) else { throw error(.notANumber) }
      value = value * 10 + Int(byte) - 48
      if value > limit { throw error(.numberTooLarge(limit: limit)) }
    }
    return value
  }

  private func error(_ problem: TraceError.Problem, _ field: Int? = nil) -> TraceError {
    TraceError(problem: problem, line: max(number, 1), field: field ?? self.field)
  }
}
