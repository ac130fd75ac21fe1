// SPDX-License-Identifier: MIT

// The texts of /proc: lines of `Key:\tvalue unit`. Bytes in, numbers out; nothing is copied, and
// nothing that a file says makes these functions trap or run on past its end.

internal import Pages

extension Span<UInt8> {
  /// The position of the next line's end at or after `start`: of the newline, or of the text's end.
  func endOfLine(from start: Int) -> Int {
    var index = start
    while index < count, self[index] != UInt8(ascii: "\n") { index += 1 }
    return index
  }

  /// Whether `key` stands at `start`.
  func matches(_ key: StaticString, at start: Int) -> Bool {
    let length = key.utf8CodeUnitCount
    guard start + length <= count else { return false }
    for offset in 0..<length {
      // SAFETY: a static string has `length` bytes.
      if unsafe key.utf8Start[offset] != self[start + offset] { return false }
    }
    return true
  }

  /// The position of the first byte in a range that is neither blank nor tab.
  func skippingBlanks(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") {
      index += 1
    }
    return index
  }

  /// The decimal number at the beginning of a range, after blanks; nil where none stands there or it
  /// does not fit.
  func decimal(from start: Int, to end: Int) -> Int? {
    var index = skippingBlanks(from: start, to: end)
    let isNegative = index < end && self[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    var value = 0
    let first = index
    while index < end {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit))
      if overflow || carry { return nil }
      value = sum
      index += 1
    }
    return index == first ? nil : isNegative ? -value : value
  }

  /// A number of kibibytes in a range, as bytes; nil where it is negative or does not fit.
  func kibibytes(from start: Int, to end: Int) -> ByteCount? {
    guard let value = decimal(from: start, to: end), value >= 0 else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: 1024)
    return overflow ? nil : ByteCount(product)
  }

  /// The bytes of a range as text; what is no UTF-8 is replaced.
  func text(from start: Int, to end: Int) -> String {
    guard start < end else { return "" }
    // SAFETY: the bytes are read inside the closure only.
    return unsafe extracting(start..<end).withUnsafeBufferPointer { bytes in
      unsafe String(decoding: bytes, as: UTF8.self)
    }
  }
}
