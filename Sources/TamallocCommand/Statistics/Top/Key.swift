// SPDX-License-Identifier: MIT

/// A key as a terminal sends it.
enum Key: Hashable {
  case character(Character)
  case enter, escape, backspace
  case up, down, pageUp, pageDown, home, end

  /// The keys in what was read; sequences that mean none of them are left out.
  static func keys(in bytes: [UInt8]) -> [Key] {
    var keys: [Key] = []
    var rest = bytes[...]
    while let first = rest.first {
      if first == 0x1B {
        let (key, length) = sequence(rest)
        if let key { keys.append(key) }
        rest = rest.dropFirst(length)
        continue
      }
      if first >= 0x80 {
        // The bytes of one character, as UTF-8 marks them.
        let length = 1 + rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count
        if let character = String(decoding: rest.prefix(length), as: UTF8.self).first {
          keys.append(.character(character))
        }
        rest = rest.dropFirst(length)
        continue
      }
      switch first {
      case 0x0D, 0x0A: keys.append(.enter)
      case 0x7F, 0x08: keys.append(.backspace)
      case 0x20..<0x7F: keys.append(.character(Character(Unicode.Scalar(first))))
      default: break
      }
      rest = rest.dropFirst()
    }
    return keys
  }

  /// The key of an escape sequence, and its length.
  private static func sequence(_ bytes: ArraySlice<UInt8>) -> (Key?, Int) {
    guard bytes.count > 2, [UInt8(ascii: "["), UInt8(ascii: "O")].contains(bytes.dropFirst().first)
    else { return (.escape, 1) }
    // Parameters, then one byte from @ to ~.
    let parameters = bytes.dropFirst(2).prefix { $0 < 0x40 }
    guard let last = bytes.dropFirst(2 + parameters.count).first else { return (nil, bytes.count) }
    let length = 3 + parameters.count
    switch (last, String(decoding: parameters, as: UTF8.self)) {
    case (UInt8(ascii: "A"), _): return (.up, length)
    case (UInt8(ascii: "B"), _): return (.down, length)
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"): return (.home, length)
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"): return (.end, length)
    case (UInt8(ascii: "~"), "5"): return (.pageUp, length)
    case (UInt8(ascii: "~"), "6"): return (.pageDown, length)
    default: return (nil, length)
    }
  }
}
