// SPDX-License-Identifier: MIT

/// An SVG document in the making: elements in, text out.
struct SVGText {
  private var text: String

  init(width: Double, height: Double, title: String) {
    let size = "width=\"\(shortDecimal(width))\" height=\"\(shortDecimal(height))\""
    let box = "viewBox=\"0 0 \(shortDecimal(width)) \(shortDecimal(height))\""
    text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" \(size) \(box) role="img">
      <title>\(markupText(title))</title>
      <style>
      text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; \
      fill: #777 }
      .title { font-size: 17px; font-weight: 600 }
      .panel { font-size: 13px; font-weight: 600 }
      .label { font-size: 12px }
      .number, .quiet { font-size: 11.5px }
      .rule { stroke: #808080; stroke-opacity: .25; stroke-width: 1; fill: none }
      .axis { stroke: #808080; stroke-width: 1; fill: none }
      .line { fill: none; stroke-width: 2; stroke-linejoin: round }
      .area { stroke: none; fill-opacity: .28 }
      .line.frame { stroke: #808080; stroke-dasharray: 5 4; stroke-width: 1.5 }
      .line.first { stroke: #3a7bd5 } .area.first, .dot.first { fill: #3a7bd5 }
      .line.second { stroke: #c4661f } .area.second, .dot.second { fill: #c4661f }
      .line.third { stroke: #2f8f5b } .area.third, .dot.third { fill: #2f8f5b }
      .line.fourth { stroke: #a35bbf } .area.fourth, .dot.fourth { fill: #a35bbf }
      .area.frame, .dot.frame { fill: #808080 }
      .bar { fill-opacity: .8 } .bar.first { fill: #3a7bd5 } .bar.second { fill: #c4661f }
      .bar.third { fill: #2f8f5b } .bar.fourth { fill: #a35bbf } .bar.frame { fill: #808080 }
      .whisker { stroke: #777; stroke-width: 1.5; fill: none }
      </style>

      """
  }

  mutating func text(_ content: String, x: Double, y: Double, class: String, anchor: String = "") {
    let anchor = anchor.isEmpty ? "" : " text-anchor=\"\(anchor)\""
    element("text x=\"\(shortDecimal(x))\" y=\"\(shortDecimal(y))\" class=\"\(`class`)\"\(anchor)")
    {
      markupText(content)
    }
  }

  /// Text that reads upwards, around its middle.
  mutating func rotatedText(_ content: String, x: Double, y: Double) {
    let place = "\(shortDecimal(x)) \(shortDecimal(y))"
    element(
      "text transform=\"translate(\(place)) rotate(-90)\" class=\"quiet\" text-anchor=\"middle\""
    ) {
      markupText(content)
    }
  }

  /// A path whose numbers are shortened to hundredths.
  mutating func path(_ data: String, class: String) {
    text += "<path class=\"\(`class`)\" d=\"\(Self.shortened(data))\"/>\n"
  }

  mutating func rectangle(x: Double, y: Double, width: Double, height: Double, class: String) {
    let place = "x=\"\(shortDecimal(x))\" y=\"\(shortDecimal(y))\""
    let size = "width=\"\(shortDecimal(width))\" height=\"\(shortDecimal(height))\""
    text += "<rect class=\"\(`class`)\" \(place) \(size)/>\n"
  }

  mutating func circle(x: Double, y: Double, class: String, title: String) {
    let place = "cx=\"\(shortDecimal(x))\" cy=\"\(shortDecimal(y))\" r=\"3.5\""
    text += "<circle class=\"\(`class`)\" \(place)><title>\(markupText(title))</title></circle>\n"
  }

  /// The document with its end.
  func finished() -> String { text + "</svg>\n" }

  private mutating func element(_ opening: String, content: () -> String) {
    text += "<\(opening)>\(content())</text>\n"
  }

  /// Path data with each number rounded to hundredths.
  private static func shortened(_ data: String) -> String {
    var result = ""
    var number = ""
    func flushed() -> String { Double(number).map(shortDecimal) ?? number }
    for character in data {
      if character.isNumber || character == "." || character == "-" || character == "e" {
        number.append(character)
      } else {
        result += flushed()
        number = ""
        result.append(character)
      }
    }
    return result + flushed()
  }
}
