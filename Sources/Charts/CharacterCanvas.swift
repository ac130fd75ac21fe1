// SPDX-License-Identifier: MIT

/// The cells of one panel's plot on a terminal.
struct CharacterCanvas {
  private struct Cell {
    var character: Character = " "
    var dots: UInt8 = 0
    var tone: ChartSeries.Tone?
  }

  let width: Int
  let height: Int
  private var cells: [Cell]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    cells = Array(repeating: Cell(), count: width * height)
  }

  /// The x value in the middle of a column, such that the first is 0 and the last the maximum.
  private func value(ofColumn column: Double, _ axis: ChartAxis) -> Double {
    axis.maximum * column / Double(max(width - 1, 1))
  }

  /// Fills the columns below a series with eighth blocks.
  mutating func fill(_ series: ChartSeries, x: ChartAxis, y: ChartAxis) {
    let blocks = Array(" ▁▂▃▄▅▆▇█")
    for column in 0..<width {
      guard let value = series.value(at: value(ofColumn: Double(column), x)) else { continue }
      var eighths = Int((y.fraction(of: value) * Double(height * 8)).rounded())
      // What is there, but is less than an eighth, is not nothing.
      if eighths == 0 && value > 0 { eighths = 1 }
      for row in stride(from: height - 1, through: 0, by: -1) where eighths > 0 {
        let index = row * width + column
        cells[index].character = blocks[min(eighths, 8)]
        cells[index].tone = series.tone
        eighths -= 8
      }
    }
  }

  /// Draws a line or steps with dots, where no area is.
  mutating func trace(_ series: ChartSeries, x: ChartAxis, y: ChartAxis) {
    var previous: Int?
    for dotColumn in 0..<(width * 2) {
      let position = min(Double(dotColumn) / 2, Double(width - 1))
      guard let value = series.value(at: value(ofColumn: position, x)) else { continue }
      let dotRow = min(Int((1 - y.fraction(of: value)) * Double(height * 4)), height * 4 - 1)
      // A steep piece is drawn without gaps.
      let from = min(previous ?? dotRow, dotRow)
      let through = max(previous ?? dotRow, dotRow)
      for row in from...through { setDot(column: dotColumn, row: row, series.tone) }
      previous = dotRow
    }
  }

  private mutating func setDot(column: Int, row: Int, _ tone: ChartSeries.Tone) {
    let index = row / 4 * width + column / 2
    guard cells[index].character == " " else { return }
    let left: [UInt8] = [0x01, 0x02, 0x04, 0x40]
    let right: [UInt8] = [0x08, 0x10, 0x20, 0x80]
    cells[index].dots |= column % 2 == 0 ? left[row % 4] : right[row % 4]
    cells[index].tone = tone
  }

  /// Writes a series' label near its last point, above it or in the row that is free.
  mutating func write(label series: ChartSeries, x: ChartAxis, y: ChartAxis) {
    guard let last = series.points.last, !series.label.isEmpty else { return }
    let text = Array(series.label)
    let column = Int(x.fraction(of: last.x) * Double(width - 1))
    let row = min(Int((1 - y.fraction(of: last.y)) * Double(height)), height - 1)
    // To the right of the point, else to its left.
    for start in [column + 2, column - text.count, width - text.count - 1] {
      for candidate in [row, row - 1, row + 1, row + 2, row - 2] {
        guard start >= 0, start + text.count <= width, candidate >= 0, candidate < height else {
          continue
        }
        let range = (candidate * width + start)..<(candidate * width + start + text.count)
        guard cells[range].allSatisfy({ $0.character == " " && $0.dots == 0 }) else { continue }
        for (offset, character) in text.enumerated() {
          cells[range.lowerBound + offset].character = character
          cells[range.lowerBound + offset].tone = series.tone
        }
        return
      }
    }
  }

  /// A row's characters, painted in runs of one tone.
  func line(_ row: Int, paint: (String, ChartSeries.Tone) -> String) -> String {
    var line = ""
    var run = ""
    var tone: ChartSeries.Tone?
    for cell in cells[(row * width)..<((row + 1) * width)] {
      if cell.tone != tone {
        line += tone.map { paint(run, $0) } ?? run
        run = ""
        tone = cell.tone
      }
      if cell.character == " ", cell.dots != 0 {
        run.unicodeScalars.append(Unicode.Scalar(0x2800 + UInt32(cell.dots)) ?? " ")
      } else {
        run.append(cell.character)
      }
    }
    return line + (tone.map { paint(run, $0) } ?? run)
  }
}
