// SPDX-License-Identifier: MIT

// A chart in characters. Areas are columns of eighth blocks (▁▂▃▄▅▆▇█); lines and steps are dots of
// Braille, two across and four down in a cell. A line wins over an area that ends in the same cell.

/// Draws a grid of charts with characters, two panels side by side where the width allows.
public struct TerminalChart {
  /// The columns that may be used.
  public var width: Int
  /// The rows of one panel's plot, without its title and axis.
  public var height: Int
  /// Whether escape sequences for colours may be written.
  public var colored: Bool

  /// A picture of 24 to 400 columns, and 2 to 100 rows a panel.
  public init(width: Int, height: Int, colored: Bool) {
    self.width = min(max(width, 24), 400)
    self.height = min(max(height, 2), 100)
    self.colored = colored
  }

  /// The picture, line by line.
  public func lines(of grid: ChartGrid) -> [String] {
    let labels = grid.y.ticks(about: max(height / 3, 2))
    let gutter = labels.map { grid.y.label($0).count }.max() ?? 0
    let columns = grid.panels.count > 1 && width >= 64 ? 2 : 1
    let panelWidth = (width - gutter - 1 - (columns - 1) * 3) / columns
    var lines = [grid.title]
    if !grid.subtitle.isEmpty { lines.append(grid.subtitle) }
    lines += legend(of: grid)
    var row = grid.panels[...]
    while !row.isEmpty {
      let panels = row.prefix(columns)
      row = row.dropFirst(columns)
      let drawn = panels.map { self.drawn($0, in: grid, width: panelWidth) }
      lines.append("")
      for index in 0..<(height + 3) {
        let label = index == 0 ? "" : yLabel(row: index - 1, ticks: labels, axis: grid.y)
        let spaces = String(repeating: " ", count: gutter - label.count)
        let line = spaces + label + " " + drawn.map { $0[index] }.joined(separator: "   ")
        lines.append(trimmed(line))
      }
    }
    lines.append(String(repeating: " ", count: gutter + 1) + "→ " + grid.x.title)
    return lines
  }

  /// The legend, in as many lines as it needs.
  private func legend(of grid: ChartGrid) -> [String] {
    var lines: [String] = []
    var used = 0
    for series in grid.legend {
      let entry = paint(series.shape == .area ? "██" : "⠒⠒", series.tone) + " " + series.name
      let length = 3 + series.name.count
      if !lines.isEmpty, used + 3 + length <= width {
        lines[lines.count - 1] += "   " + entry
        used += 3 + length
      } else {
        lines.append(entry)
        used = length
      }
    }
    return lines
  }

  /// The label of the tick that falls into a row of the plot.
  private func yLabel(row: Int, ticks: [Double], axis: ChartAxis) -> String {
    for tick in ticks {
      let position = (1 - axis.fraction(of: tick)) * Double(height)
      let tickRow = min(Int(position), height)
      if tickRow == row { return axis.label(tick) }
    }
    return ""
  }

  /// Title, plot, axis and its labels: `height` + 3 lines, each `width` columns wide.
  private func drawn(_ panel: ChartPanel, in grid: ChartGrid, width: Int) -> [String] {
    var lines = [padded(panel.title, to: width)]
    let plotWidth = width - 1
    if panel.series.isEmpty {
      let note = wrapped(panel.note, to: plotWidth - 2)
      let top = max((height - note.count) / 2, 0)
      for row in 0..<height {
        let text = row >= top && row - top < note.count ? note[row - top] : ""
        lines.append("│" + padded(" " + text, to: plotWidth))
      }
    } else {
      var canvas = CharacterCanvas(width: plotWidth, height: height)
      for series in panel.series where series.shape == .area {
        canvas.fill(series, x: grid.x, y: grid.y)
      }
      for series in panel.series where series.shape != .area {
        canvas.trace(series, x: grid.x, y: grid.y)
      }
      for series in panel.series { canvas.write(label: series, x: grid.x, y: grid.y) }
      for row in 0..<height { lines.append("│" + canvas.line(row, paint: paint)) }
    }
    let ticks = grid.x.ticks(about: 4)
    var axis = Array(repeating: Character("─"), count: plotWidth)
    var names = Array(repeating: Character(" "), count: width)
    for tick in ticks {
      let column = Int(grid.x.fraction(of: tick) * Double(plotWidth - 1))
      if tick > 0 { axis[column] = "┴" }
      let name = Array(grid.x.label(tick))
      let start = min(max(column + 1 - name.count / 2, 0), width - name.count)
      let room = max(start - 1, 0)..<min(start + name.count + 1, width)
      guard start >= 0, names[room].allSatisfy({ $0 == " " }) else { continue }
      for (offset, character) in name.enumerated() { names[start + offset] = character }
    }
    lines.append("└" + String(axis))
    lines.append(String(names))
    return lines
  }

  private func paint(_ text: String, _ tone: ChartSeries.Tone) -> String {
    guard colored else { return text }
    let code =
      switch tone {
      case .frame: "90"
      case .first: "34"
      case .second: "33"
      case .third: "32"
      case .fourth: "35"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}

private func padded(_ text: String, to width: Int) -> String {
  let text = text.prefix(width)
  return text + String(repeating: " ", count: width - text.count)
}

private func trimmed(_ text: String) -> String {
  var end = text.endIndex
  while end > text.startIndex, text[text.index(before: end)] == " " {
    end = text.index(before: end)
  }
  return String(text[..<end])
}

/// The words of a text in lines of `width` columns at most.
private func wrapped(_ text: String, to width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
