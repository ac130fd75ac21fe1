// SPDX-License-Identifier: MIT

/// A decimal number as it was typed, kept exactly: digits and a power of ten.
struct DecimalNumber {
  private var digits = 0
  private var exponent = 0
  /// Whether no more digits fit; those that follow only raise the exponent.
  private var isFull = false
  /// Whether nonzero digits were dropped at the end.
  private var isInexact = false
  private(set) var isNegative = false
  /// How many characters were read.
  private(set) var length = 0

  /// Parses a number such as `-12.5e3` at the beginning of a text; nil if there is none.
  init?(prefixOf text: String) {
    let characters = Array(text.utf8)
    var index = 0
    isNegative = characters.first == UInt8(ascii: "-")
    if isNegative || characters.first == UInt8(ascii: "+") { index += 1 }
    var isAfterPoint = false
    var hasDigits = false
    while index < characters.count {
      if let digit = Self.digit(characters[index]) {
        append(digit, isAfterPoint: isAfterPoint)
        hasDigits = true
      } else if characters[index] == UInt8(ascii: "."), !isAfterPoint {
        isAfterPoint = true
      } else {
        break
      }
      index += 1
    }
    guard hasDigits else { return nil }
    // An exponent needs digits, so that "1e" is no number and "1exa" no exponent.
    if index + 1 < characters.count, characters[index] | 0x20 == UInt8(ascii: "e") {
      var position = index + 1
      let isMinus = characters[position] == UInt8(ascii: "-")
      if isMinus || characters[position] == UInt8(ascii: "+") { position += 1 }
      var power: Int?
      while position < characters.count, let digit = Self.digit(characters[position]) {
        power = min((power ?? 0) * 10 + digit, 1000)
        position += 1
      }
      if let power {
        exponent += isMinus ? -power : power
        index = position
      }
    }
    length = index
  }

  private mutating func append(_ digit: Int, isAfterPoint: Bool) {
    let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(digit)
    isFull = isFull || overflow || carry
    if isFull {
      isInexact = isInexact || digit != 0
      if !isAfterPoint { exponent += 1 }
    } else {
      digits = sum
      if isAfterPoint { exponent -= 1 }
    }
  }

  private static func digit(_ character: UInt8) -> Int? {
    character >= UInt8(ascii: "0") && character <= UInt8(ascii: "9")
      ? Int(character - UInt8(ascii: "0")) : nil
  }

  /// The number times `unit`: the whole part, and whether there is a fraction; nil on overflow.
  ///
  /// - Precondition: `unit` is 1 to 2^56.
  func multiplied(by unit: Int) -> (whole: Int, hasRest: Bool)? {
    guard digits != 0 else { return (0, isInexact) }
    // Below 2^63 × 2^56.
    var whole = UInt128(digits) * UInt128(unit)
    var hasRest = isInexact
    for _ in 0..<max(exponent, 0) {
      guard whole <= UInt128(Int.max) else { return nil }
      whole *= 10
    }
    for _ in 0..<max(-exponent, 0) where whole > 0 {
      hasRest = hasRest || whole % 10 != 0
      whole /= 10
    }
    return Int(exactly: whole).map { ($0, hasRest) }
  }
}
