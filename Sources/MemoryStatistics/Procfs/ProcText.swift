// SPDX-License-Identifier: MIT

// The texts of /proc: lines of `Key:\tvalue unit`. Bytes in, numbers out; nothing is copied, and
// nothing that a file says makes these functions trap or run on past its end.

internal import Pages

extension Span<UInt8> {
  /// The position of the next line's end at or after `start`: of the newline, or of the text's end.
  func endOfLine(from start: Int) -> Int {
    var index = start
    // Eight bytes at a time: a status file has 1,400 bytes, and looking at each of them by itself takes
    // a microsecond. Where a byte is a newline, the difference has a zero byte, and the lowest zero byte
    // is the lowest whose top bit the subtraction below sets ("Bit Twiddling Hacks", haszero).
    while index <= count - 8 {
      // SAFETY: the eight bytes are within the span.
      let word = unsafe UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      let difference = word ^ 0x0A0A_0A0A_0A0A_0A0A
      let marks = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
      if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count, self[index] != UInt8(ascii: "\n") { index += 1 }
    return index
  }

  /// Whether `key` stands at `start`. Inlined, its bytes are constants of the comparison.
  @inline(__always)
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
