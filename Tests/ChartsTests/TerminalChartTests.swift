// SPDX-License-Identifier: MIT

import Testing

@testable import Charts

@Suite struct TerminalChartTests {
  static func grid(panels: Int = 4) -> ChartGrid {
    let points = [(0, 0), (50, 50), (100, 100)].map { ChartPoint(x: Double($0.0), y: Double($0.1)) }
    let bound = [ChartPoint(x: 0, y: 100), ChartPoint(x: 100, y: 100)]
    return ChartGrid(
      title: "A <title> & more", subtitle: "why",
      x: ChartAxis(title: "touched", unit: .percent, maximum: 100),
      y: ChartAxis(title: "memory", unit: .percent, maximum: 100),
      panels: (0..<panels).map { number in
        number == 3
          ? ChartPanel(title: "none", series: [], note: "not run: would commit far too much")
          : ChartPanel(
            title: "panel \(number)",
            series: [
              ChartSeries(
                name: "committed", shape: .area, tone: .first, points: points, label: "all"),
              ChartSeries(name: "reserved", shape: .line, tone: .frame, points: bound),
            ])
      })
  }

  @Test(arguments: [24, 40, 64, 79, 80, 120, 200])
  func `no line is wider than the terminal`(columns: Int) {
    for line in TerminalChart(width: columns, height: 8, colored: false).lines(of: Self.grid()) {
      #expect(line.count <= columns, "'\(line)' has \(line.count) columns")
    }
  }

  @Test func `an area's columns are as high as its values`() {
    let series = Self.grid().panels[0].series[0]
    let axis = ChartAxis(title: "", unit: .percent, maximum: 100)
    var canvas = CharacterCanvas(width: 101, height: 10)
    canvas.fill(series, x: axis, y: axis)
    let rows = (0..<10).map { row in Array(canvas.line(row) { text, _ in text }) }
    for column in 0...100 {
      // Column x has the value x: x percent of 80 eighths.
      let eighths = rows.map {
        "▁▂▃▄▅▆▇█".map { $0 }.firstIndex(of: $0[column]).map { $0 + 1 } ?? 0
      }
      .reduce(0, +)
      #expect(
        (Double(eighths) - Double(column) * 0.8).magnitude <= 1, "column \(column): \(eighths)/8")
    }
  }

  @Test func `what is there but very small is seen`() {
    let points = [ChartPoint(x: 0, y: 0.001), ChartPoint(x: 100, y: 0.001)]
    let axis = ChartAxis(title: "", unit: .percent, maximum: 100)
    var canvas = CharacterCanvas(width: 5, height: 2)
    canvas.fill(
      ChartSeries(name: "", shape: .area, tone: .first, points: points), x: axis, y: axis)
    #expect(canvas.line(1) { text, _ in text } == "▁▁▁▁▁")
  }

  @Test func `steps are level until the next point`() {
    let points = [(0, 0), (50, 100), (100, 100)].map {
      ChartPoint(x: Double($0.0), y: Double($0.1))
    }
    let series = ChartSeries(name: "", shape: .step, tone: .first, points: points)
    #expect(series.value(at: 49) == 0)
    #expect(series.value(at: 50) == 100)
    #expect(series.value(at: 101) == nil)
  }

  @Test func `escape sequences are written only where colours are wanted`() {
    let plain = TerminalChart(width: 80, height: 8, colored: false).lines(of: Self.grid())
    let colored = TerminalChart(width: 80, height: 8, colored: true).lines(of: Self.grid())
    #expect(!plain.contains { $0.contains("\u{1B}") })
    #expect(colored.contains { $0.contains("\u{1B}[34m") })
    // Every colour is ended in its own line.
    for line in colored {
      #expect(
        line.split(separator: "\u{1B}").count(where: { $0.hasPrefix("[0m") }) * 2
          == line.count { $0 == "\u{1B}" }, "'\(line)'")
    }
  }
}
