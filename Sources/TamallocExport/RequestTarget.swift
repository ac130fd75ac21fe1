// SPDX-License-Identifier: MIT

// What a request asks for (RFC 9112, section 3.2): `/metrics?x=y` from a client, the whole of
// `http://host/metrics?x=y` from one that takes this server for its proxy. In the path `%6d` is another
// way to write `m`.

/// The path of a request's target.
struct RequestTarget {
  /// Without its query, and decoded; nil where what a percent sign stands for is not said.
  let path: String?

  init(_ text: String) {
    var rest = text[...]
    for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.count)
      rest = rest.firstIndex(where: { $0 == "/" || $0 == "?" }).map { rest[$0...] } ?? ""
      if rest.first != "/" { rest = "/" + rest }
      break
    }
    let end = rest.firstIndex { $0 == "?" || $0 == "#" } ?? rest.endIndex
    path = Self.decoded(rest[..<end])
  }

  /// The text that percent signs stand for; nil where one has no two digits behind it.
  private static func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.first != UInt8(ascii: "+"),
        let digit = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(digit)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
