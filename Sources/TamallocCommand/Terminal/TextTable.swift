// SPDX-License-Identifier: MIT

/// Rows of cells in aligned columns, the first to the left and all others to the right.
struct TextTable {
  var header: [String]
  var rows: [[String]] = []

  /// The lines; where they would be wider than `width`, the columns go on below, names repeated.
  func lines(width: Int) -> [String] {
    let all = [header] + rows
    let columns = header.indices.map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var lines: [String] = []
    var next = 1
    repeat {
      var end = next
      var used = columns[0]
      while end < columns.count, end == next || used + columns[end] + 2 <= width {
        used += columns[end] + 2
        end += 1
      }
      if !lines.isEmpty { lines.append("") }
      for row in all {
        var line = row[0] + String(repeating: " ", count: columns[0] - row[0].count)
        for column in next..<end {
          let cell = column < row.count ? row[column] : ""
          line += "  " + String(repeating: " ", count: columns[column] - cell.count) + cell
        }
        while line.last == " " { line.removeLast() }
        lines.append(line)
      }
      next = end
    } while next < columns.count
    return lines
  }
}
