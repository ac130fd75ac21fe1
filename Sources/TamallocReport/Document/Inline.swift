// SPDX-License-Identifier: MIT

internal import Charts

/// Markdown within a line as HTML: `code`, **strong**, *emphasis* and [links](to).
enum Inline {
  static func html(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let character = rest.first {
      if character == "`", let (inner, behind) = enclosed(rest, "`") {
        result += "<code>\(markupText(inner))</code>"
        rest = behind
      } else if rest.hasPrefix("**"), let (inner, behind) = enclosed(rest, "**") {
        result += "<strong>\(html(String(inner)))</strong>"
        rest = behind
      } else if character == "*", let (inner, behind) = enclosed(rest, "*"),
        inner.first != " ", inner.last != " "
      {
        result += "<em>\(html(String(inner)))</em>"
        rest = behind
      } else if character == "[", let (title, target, behind) = link(rest) {
        result += "<a href=\"\(markupText(target))\">\(html(String(title)))</a>"
        rest = behind
      } else if rest.hasPrefix(" %") {
        // A number and its sign stay in one line.
        result += "\u{A0}%"
        rest = rest.dropFirst(2)
      } else {
        result += markupText(rest.prefix(1))
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// What stands between a mark at the beginning and the next one, and what stands behind that.
  private static func enclosed(
    _ text: Substring, _ mark: String
  ) -> (inner: Substring, behind: Substring)? {
    let body = text.dropFirst(mark.count)
    var place = body.startIndex
    while place < body.endIndex {
      if body[place...].hasPrefix(mark) {
        guard place > body.startIndex else { return nil }
        return (body[..<place], body[place...].dropFirst(mark.count))
      }
      body.formIndex(after: &place)
    }
    return nil
  }

  private static func link(
    _ text: Substring
  ) -> (title: Substring, target: Substring, behind: Substring)? {
    guard let close = text.firstIndex(of: "]") else { return nil }
    let behind = text[text.index(after: close)...]
    guard behind.first == "(", let end = behind.firstIndex(of: ")") else { return nil }
    return (
      text[text.index(after: text.startIndex)..<close],
      behind[behind.index(after: behind.startIndex)..<end],
      behind[behind.index(after: end)...]
    )
  }
}
