// SPDX-License-Identifier: MIT

import Foundation
import FoundationXML
import Testing

@testable import Charts

@Suite struct SVGChartTests {
  /// What Foundation's XML parser finds in a document.
  final class Reading: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var text = ""

    init?(_ document: String) {
      super.init()
      let parser = XMLParser(data: Data(document.utf8))
      parser.delegate = self
      guard parser.parse() else { return nil }
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      elements.append((name, attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  }

  @Test(arguments: [1, 2, 3, 4, 5])
  func `is well-formed and says all that it must`(panels: Int) throws {
    let document = SVGChart().document(of: TerminalChartTests.grid(panels: panels))
    let reading = try #require(Reading(document), "not well-formed:\n\(document)")
    for phrase in ["A <title> & more", "touched", "memory", "committed", "reserved", "25%", "100%"]
    {
      #expect(reading.text.contains(phrase), "'\(phrase)' is not in the text")
    }
    #expect(reading.text.contains("far too much") == (panels > 3))
  }

  @Test func `draws nothing outside of the picture`() throws {
    let reading = try #require(Reading(SVGChart().document(of: TerminalChartTests.grid())))
    let root = try #require(reading.elements.first?.attributes)
    let width = try #require(root["width"].flatMap(Double.init))
    let height = try #require(root["height"].flatMap(Double.init))
    for (name, attributes) in reading.elements {
      if let x = (attributes["x"] ?? attributes["cx"]).flatMap(Double.init) {
        #expect(x >= 0 && x <= width, "\(name) at x \(x)")
      }
      if let y = (attributes["y"] ?? attributes["cy"]).flatMap(Double.init) {
        #expect(y >= 0 && y <= height, "\(name) at y \(y)")
      }
    }
  }

  @Test func `a point on the bound lies on the bound's line`() throws {
    let reading = try #require(Reading(SVGChart().document(of: TerminalChartTests.grid(panels: 1))))
    let dots = reading.elements.filter { $0.name == "circle" }.map(\.attributes)
    let bound = try #require(
      reading.elements.last { $0.attributes["class"] == "line frame" }?.attributes["d"])
    #expect(dots.count == 3)
    let end = try #require(dots.last)
    #expect(bound.hasSuffix("L\(try #require(end["cx"])) \(try #require(end["cy"]))"))
  }

  @Test func `no text breaks the document`() throws {
    var grid = TerminalChartTests.grid()
    grid.title = "\"<&>\u{0}\u{1B}]]> ünï 🧮"
    let reading = try #require(Reading(SVGChart().document(of: grid)))
    #expect(reading.text.contains("\"<&>]]> ünï 🧮"))
  }
}
