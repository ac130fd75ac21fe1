// SPDX-License-Identifier: MIT

// A writer of JSON in sixty lines, in the place of Foundation's encoder: that takes some 20 µs a row,
// more than reading the row took, and its rows of 25 keys are all that is ever written here.

internal import Pages

/// One JSON object in the making (RFC 8259).
public struct JSONText {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]

  /// An object without members.
  public init() {}

  /// The object, without a newline.
  public var finished: String { String(decoding: bytes + [UInt8(ascii: "}")], as: UTF8.self) }

  mutating func add(_ key: StaticString, _ number: Int?) {
    begin(key)
    if let number { bytes.append(decimal: number) } else { bytes.append("null") }
  }

  mutating func add(_ key: StaticString, _ count: ByteCount?) {
    add(key, count?.rawValue)
  }

  mutating func add(_ key: StaticString, _ number: Double?) {
    begin(key)
    // JSON has no words for infinity.
    let text = number.flatMap { $0.isFinite ? "\($0)" : nil }
    bytes.append(contentsOf: (text ?? "null").utf8)
  }

  mutating func add(_ key: StaticString, _ flag: Bool?) {
    begin(key)
    bytes.append(flag.map { $0 ? "true" : "false" } ?? "null")
  }

  mutating func add(_ key: StaticString, _ text: String?) {
    begin(key)
    guard let text else { return bytes.append("null") }
    append(quoted: text)
  }

  private mutating func begin(_ key: StaticString) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes.append("\"")
    bytes.append(key)
    bytes.append("\":")
  }

  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    // U+0080 to U+009F are control characters too, and C2 begins them.
    var isBehindC2 = false
    for byte in text.utf8 {
      defer { isBehindC2 = byte == 0xC2 }
      switch byte {
      case 0x80...0x9F where isBehindC2:
        bytes.removeLast()
        bytes.append("\\u00")
        bytes.append(Self.digit(byte >> 4))
        bytes.append(Self.digit(byte & 15))
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20, 0x7F:
        bytes.append("\\u00")
        bytes.append(Self.digit(byte >> 4))
        bytes.append(Self.digit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
