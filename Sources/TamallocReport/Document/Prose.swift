// SPDX-License-Identifier: MIT

internal import Charts

/// Markdown of paragraphs, `###` headings, `-` lists, fenced code and tables as HTML: what the report's own
/// texts are written in, no more.
enum Prose {
  static func html(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    var result = ""
    while let line = lines.first {
      if line.isEmpty || line.hasPrefix("<!--") {
        lines.removeFirst()
      } else if line.hasPrefix("```") {
        lines.removeFirst()
        let code = taken(&lines) { !$0.hasPrefix("```") }
        lines = lines.dropFirst()
        result += "<pre>\(markupText(code.joined(separator: "\n")))</pre>\n"
      } else if line.hasPrefix("### ") {
        lines.removeFirst()
        result += "<h3>\(Inline.html(String(line.dropFirst(4))))</h3>\n"
      } else if line.hasPrefix("|") {
        result += table(taken(&lines) { $0.hasPrefix("|") })
      } else if line.hasPrefix("- ") {
        let items = taken(&lines) { $0.hasPrefix("- ") || $0.hasPrefix("  ") }
        result += list(items)
      } else {
        let words = taken(&lines) {
          !$0.isEmpty && !$0.hasPrefix("|") && !$0.hasPrefix("- ") && !$0.hasPrefix("```")
        }
        result += "<p>\(Inline.html(words.joined(separator: " ")))</p>\n"
      }
    }
    return result
  }

  private static func taken(
    _ lines: inout ArraySlice<String>, while belongs: (String) -> Bool
  ) -> [String] {
    let taken = lines.prefix(while: belongs)
    lines = lines.dropFirst(taken.count)
    return Array(taken)
  }

  private static func list(_ lines: [String]) -> String {
    var items: [String] = []
    for line in lines {
      if line.hasPrefix("- ") {
        items.append(String(line.dropFirst(2)))
      } else if let last = items.indices.last {
        items[last] += " " + line.drop { $0 == " " }
      }
    }
    return "<ul>\n" + items.map { "<li>\(Inline.html($0))</li>\n" }.joined() + "</ul>\n"
  }

  private static func table(_ lines: [String]) -> String {
    let rows = lines.map(cells)
    guard rows.count > 1 else { return "" }
    let numeric = rows[1].map { $0.hasSuffix(":") }
    return HTMLTable.html(
      header: rows[0], rows: Array(rows.dropFirst(2)),
      isNumber: { $0 < numeric.count && numeric[$0] })
  }

  /// The cells of a Markdown table's row.
  static func cells(_ line: String) -> [String] {
    let inner = line.drop { $0 == "|" || $0 == " " }
    var cells = inner.split(separator: "|", omittingEmptySubsequences: false).map {
      String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    if line.hasPrefix("| |") { cells.insert("", at: 0) }
    if cells.last == "" { cells.removeLast() }
    return cells
  }
}

/// A table with a frame in which it can be moved where it is wider than the screen.
enum HTMLTable {
  static func html(
    header: [String], rows: [[String]], isNumber: (Int) -> Bool
  ) -> String {
    let hasFigures = header.indices.contains(where: isNumber)
    // Where a narrow screen shows the cells of a row below each other, each says its column.
    func column(_ index: Int, _ tag: String) -> String {
      guard tag == "td", !hasFigures, header.indices.dropFirst().contains(index) else { return "" }
      return " data-column=\"\(markupText(header[index].filter { $0 != "`" && $0 != "*" }))\""
    }
    func row(_ cells: [String], _ tag: String) -> String {
      let inner = cells.enumerated().map { index, cell in
        "<\(tag)\(isNumber(index) ? " class=\"n\"" : "")\(column(index, tag))>\(Inline.html(cell))</\(tag)>"
      }
      return "<tr>\(inner.joined())</tr>\n"
    }
    let kind = hasFigures ? " class=\"figures\"" : ""
    return "<div class=\"scroll\"><table\(kind)>\n<thead>\(row(header, "th"))</thead>\n<tbody>\n"
      + rows.map { row($0, "td") }.joined() + "</tbody></table></div>\n"
  }
}
