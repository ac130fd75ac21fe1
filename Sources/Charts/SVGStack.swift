// SPDX-License-Identifier: MIT

extension SVGChart {
  /// Grids with axes of their own, one below the other in one document.
  public func document(of grids: [ChartGrid]) -> String {
    var y = 0.0
    var parts = ""
    for grid in grids {
      // A document inside a document has a place, and no declaration of XML.
      let own = document(of: grid)
      guard let start = own.range(of: "<svg ") else { continue }
      parts += "<svg y=\"\(shortDecimal(y))\" " + own[start.upperBound...]
      y += height(of: grid)
    }
    let box = "viewBox=\"0 0 \(width) \(shortDecimal(y))\""
    let size = "width=\"\(width)\" height=\"\(shortDecimal(y))\""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" \(size) \(box)>
      \(parts)</svg>

      """
  }
}

extension String {
  /// Where another text begins and ends in it, for the first time.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      formIndex(after: &start)
    }
    return nil
  }
}
