// SPDX-License-Identifier: MIT

internal import Pages
internal import PhysicalMemory

/// The words of a statement behind its verb, taken one by one.
struct ScriptWords {
  private let words: [String]
  private var position = 1

  init(_ words: [String]) { self.words = words }

  /// The next word, not taken.
  var peek: String? { position < words.count ? words[position] : nil }

  mutating func nextIfAny() -> String? {
    guard let word = peek else { return nil }
    position += 1
    return word
  }

  mutating func next(_ what: String) throws(ScriptError.Problem) -> String {
    guard let word = nextIfAny() else { throw .missing(what) }
    return word
  }

  /// Takes the next word where it is this one.
  mutating func take(_ word: String) -> Bool {
    guard peek == word else { return false }
    position += 1
    return true
  }

  /// All words that are left.
  mutating func rest() -> [String] {
    defer { position = words.count }
    return Array(words[min(position, words.count)...])
  }

  /// Nothing may be left.
  func finish() throws(ScriptError.Problem) {
    if let peek { throw .unexpected(peek) }
  }

  /// A name to be given: letters, digits, `-`, `_`, beginning with a letter.
  mutating func name(_ what: String) throws(ScriptError.Problem) -> String {
    let word = try next(what)
    guard word.first?.isLetter == true,
      word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }), word.count <= 64
    else { throw .invalid(word, expected: "a name") }
    return word
  }

  mutating func number(_ what: String) throws(ScriptError.Problem) -> Int {
    let word = try next(what)
    guard let value = Self.number(word), value >= 0 else {
      throw .invalid(word, expected: "\(what), a whole number")
    }
    return value
  }

  /// A number that may be below 0.
  mutating func signed(_ what: String) throws(ScriptError.Problem) -> Int {
    let word = try next(what)
    guard let value = Int(word) else { throw .invalid(word, expected: "\(what), a whole number") }
    return value
  }

  mutating func size(_ what: String) throws(ScriptError.Problem) -> ByteCount {
    let word = try next(what)
    guard let value = Self.number(word), value >= 0 else {
      throw .invalid(word, expected: "\(what), such as 4096, 64KiB or 1GiB")
    }
    return ByteCount(value)
  }

  mutating func isOn() throws(ScriptError.Problem) -> Bool {
    let word = try next("on or off")
    guard word == "on" || word == "off" else { throw .invalid(word, expected: "on or off") }
    return word == "on"
  }

  mutating func watermarkPolicy() throws(ScriptError.Problem) -> WatermarkPolicy {
    let word = try next("linear or square-root")
    switch word {
    case "linear": return .linear
    case "square-root": return .squareRoot
    default: throw .invalid(word, expected: "linear or square-root")
    }
  }

  /// GFP flags where the next word looks like some.
  mutating func flags(
    or usual: GFPFlags = .kernel
  ) throws(MachineError) -> GFPFlags {
    guard let word = peek, word.hasPrefix("GFP_") || word.hasPrefix("__GFP_") else { return usual }
    position += 1
    return try GFPFlags(parsing: word)
  }

  private static let units: [(suffix: String, factor: Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("K", 1 << 10),
    ("M", 1 << 20), ("G", 1 << 30), ("T", 1 << 40),
  ]

  /// A whole number, in hexadecimal behind `0x`, or with a unit: `64KiB`, `1G`.
  static func number(_ word: String) -> Int? {
    if word.hasPrefix("0x") {
      return UInt64(word.dropFirst(2), radix: 16).map { Int(bitPattern: UInt($0)) }
    }
    if let value = Int(word) { return value }
    for (suffix, factor) in units where word.hasSuffix(suffix) {
      guard let value = Int(word.dropLast(suffix.count)) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      return overflow ? nil : product
    }
    return nil
  }
}
