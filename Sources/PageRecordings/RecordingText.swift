// SPDX-License-Identifier: MIT

/// The bytes of a recording, and how words and numbers are found in them.
///
/// A recording has millions of lines: only short, rare parts of them become a String.
struct RecordingText {
  let bytes: [UInt8]

  /// A line, without its end.
  typealias Line = Range<Int>

  func string(_ part: Line) -> String { String(decoding: bytes[part], as: UTF8.self) }

  /// The first place of a byte in a part.
  func find(_ byte: UInt8, in part: Line) -> Int? {
    var place = part.lowerBound
    while place < part.upperBound {
      if bytes[place] == byte { return place }
      place += 1
    }
    return nil
  }

  func starts(_ part: Line, with text: StaticString) -> Bool {
    part.count >= text.utf8CodeUnitCount
      && equals(part.lowerBound..<part.lowerBound + text.utf8CodeUnitCount, text)
  }

  func equals(_ part: Line, _ text: StaticString) -> Bool {
    guard part.count == text.utf8CodeUnitCount else { return false }
    // SAFETY: the text has as many bytes as the part, and lives forever.
    return text.withUTF8Buffer { text in
      for index in 0..<text.count where unsafe text[index] != bytes[part.lowerBound + index] {
        return false
      }
      return true
    }
  }

  /// A number of ten's or sixteen's digits that fills a part.
  func number(_ part: Line, radix: Int = 10) -> Int? {
    guard !part.isEmpty, part.count <= 15 else { return nil }
    var value = 0
    for place in part {
      let digit: Int
      switch bytes[place] {
      case 0x30...0x39: digit = Int(bytes[place]) - 0x30
      case 0x61...0x66 where radix == 16: digit = Int(bytes[place]) - 0x61 + 10
      default: return nil
      }
      value = value * radix + digit
    }
    return value
  }

  /// A number behind `0x`.
  func hexadecimal(_ part: Line) -> Int? {
    guard starts(part, with: "0x") else { return nil }
    return number(part.lowerBound + 2..<part.upperBound, radix: 16)
  }

  /// The next word at or behind a place; nil where none is left.
  func word(from place: Int, in line: Line) -> Line? {
    var start = place
    while start < line.upperBound, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    guard start < line.upperBound else { return nil }
    return start..<(find(0x20, in: start..<line.upperBound) ?? line.upperBound)
  }

  /// The words of a line.
  func words(_ line: Line) -> [Line] {
    var words: [Line] = []
    var place = line.lowerBound
    while let word = word(from: place, in: line) {
      words.append(word)
      place = word.upperBound
    }
    return words
  }
}
