// SPDX-License-Identifier: MIT

import Charts
import Foundation
import FoundationXML
import Testing

@Suite struct MarkupTextTests {
  @Test(arguments: [
    ("", ""), ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"), ("&amp;", "&amp;amp;"),
    ("\u{0}a\u{8}\tb\u{B}\nc\u{1F}\r\n\u{7F}", "a\tb\nc\r\n"), ("\u{FFFE}\u{FFFF}é🧮", "é🧮"),
    ("\"\u{301}<\u{338}", "&quot;\u{301}&lt;\u{338}"),
  ])
  func `what would end a text is written otherwise, and what can't be written is left out`(
    text: String, expected: String
  ) {
    #expect(Array(markupText(text).unicodeScalars) == Array(expected.unicodeScalars))
  }

  /// Foundation's parser is not ours.
  @Test func `any text can be read back from an element and from an attribute`() throws {
    final class Reader: NSObject, XMLParserDelegate {
      var text = ""
      var attribute: String?
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
      ) { attribute = attributes["a"] }
      func parser(_ parser: XMLParser, foundCharacters found: String) { text += found }
    }
    // Ends of lines and tabs are what a parser may make spaces of.
    let all = String(
      String.UnicodeScalarView((0..<0x1_1000).compactMap(Unicode.Scalar.init).filter { $0 != "\r" })
    )
    let parser = XMLParser(data: Data("<t a=\"\(markupText(all))\">\(markupText(all))</t>".utf8))
    let reader = Reader()
    parser.delegate = reader
    let isWellFormed = parser.parse()
    #expect(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    let kept = all.unicodeScalars.filter {
      $0.value >= 32 && $0.value != 127 && $0.value != 0xFFFE && $0.value != 0xFFFF
    }
    func seen(_ text: String?) -> [Unicode.Scalar] {
      (text ?? "").unicodeScalars.filter { $0.value >= 32 }
    }
    #expect(seen(reader.text) == Array(kept))
    // There, a tab and an end of line are spaces.
    #expect(Array((reader.attribute ?? "").unicodeScalars.dropFirst(2)) == Array(kept))
  }
}
