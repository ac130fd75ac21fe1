// SPDX-License-Identifier: MIT

// A chart as SVG. The background is transparent and every colour has a contrast of about 4.5 to 1
// with white and with black, so that the picture stands on light and on dark pages alike. No script,
// no font file, no reference to anything outside.

/// Draws a grid of charts as an SVG document.
public struct SVGChart {
  /// The width of the picture, in user units (pixels at 100 %).
  public var width: Int

  /// A picture of a width from 320 to 4,000.
  public init(width: Int = 880) {
    self.width = min(max(width, 320), 4000)
  }

  private let right = 24.0
  private let gap = 44.0
  private let plotHeight = 190.0
  private let panelTop = 34.0
  private let panelBottom = 34.0

  /// The whole document.
  public func document(of grid: ChartGrid) -> String {
    let columns = grid.panels.count > 1 ? 2 : 1
    let rows = rows(of: grid)
    let head = grid.subtitle.isEmpty ? 62.0 : 82.0
    let panelHeight = panelTop + plotHeight + panelBottom
    let height = height(of: grid)
    let left = left(of: grid)
    let plotWidth =
      (Double(width) - left - right - Double(columns - 1) * gap) / Double(columns)

    var svg = SVGText(width: Double(width), height: height, title: grid.title)
    svg.text(grid.title, x: 16, y: 28, class: "title")
    if !grid.subtitle.isEmpty { svg.text(grid.subtitle, x: 16, y: 49, class: "quiet") }
    drawLegend(of: grid, y: head - 10, into: &svg)
    for (index, panel) in grid.panels.enumerated() {
      let frame = Frame(
        x: left + Double(index % columns) * (plotWidth + gap),
        y: head + panelTop + Double(index / columns) * panelHeight,
        width: plotWidth, height: plotHeight)
      draw(panel, of: grid, in: frame, hasNumbers: index % columns == 0, into: &svg)
    }
    svg.text(
      grid.x.title, x: left + (Double(width) - left - right) / 2, y: height - 14,
      class: "quiet", anchor: "middle")
    svg.rotatedText(grid.y.title, x: 15, y: head + Double(rows) * panelHeight / 2)
    return svg.finished()
  }

  /// Where plots begin: right of the axis's title and of its longest number.
  private func left(of grid: ChartGrid) -> Double {
    let longest = grid.y.ticks(about: 4).map { grid.y.label($0).count }.max() ?? 0
    return max(72, 36 + Double(longest) * 7.4)
  }

  private func rows(of grid: ChartGrid) -> Int { max((grid.panels.count + 1) / 2, 1) }

  /// The height of a grid's picture, in user units.
  func height(of grid: ChartGrid) -> Double {
    let head = grid.subtitle.isEmpty ? 62.0 : 82.0
    return head + Double(rows(of: grid)) * (panelTop + plotHeight + panelBottom) + 30
  }

  /// The rectangle of one plot.
  private struct Frame {
    let x, y, width, height: Double

    func place(_ point: ChartPoint, _ grid: ChartGrid) -> ChartPoint {
      ChartPoint(
        x: x + grid.x.fraction(of: point.x) * width,
        y: y + (1 - grid.y.fraction(of: point.y)) * height)
    }
  }

  private func drawLegend(of grid: ChartGrid, y: Double, into svg: inout SVGText) {
    var x = 16.0
    for series in grid.legend {
      if series.shape == .area {
        svg.rectangle(x: x, y: y - 10, width: 22, height: 10, class: "area \(series.tone)")
      }
      svg.path("M\(x) \(y - (series.shape == .area ? 10 : 5))h22", class: "line \(series.tone)")
      svg.text(series.name, x: x + 29, y: y, class: "label")
      x += 29 + Double(series.name.count) * 6.6 + 24
    }
  }

  private func draw(
    _ panel: ChartPanel, of grid: ChartGrid, in frame: Frame, hasNumbers: Bool,
    into svg: inout SVGText
  ) {
    svg.text(panel.title, x: frame.x, y: frame.y - 12, class: "panel")
    for tick in grid.y.ticks(about: 4) {
      let y = frame.place(ChartPoint(x: 0, y: tick), grid).y
      svg.path("M\(frame.x) \(y)h\(frame.width)", class: tick == 0 ? "axis" : "rule")
      if hasNumbers {
        svg.text(grid.y.label(tick), x: frame.x - 8, y: y + 4, class: "number", anchor: "end")
      }
    }
    for tick in grid.x.ticks(about: 5) {
      let place = frame.place(ChartPoint(x: tick, y: 0), grid)
      svg.path("M\(place.x) \(place.y)v5", class: "axis")
      svg.text(
        grid.x.label(tick), x: place.x, y: place.y + 18, class: "number", anchor: "middle")
    }
    if panel.series.isEmpty {
      svg.text(
        panel.note, x: frame.x + frame.width / 2, y: frame.y + frame.height * 0.4, class: "quiet",
        anchor: "middle")
    }
    for series in panel.series { draw(series, of: grid, in: frame, into: &svg) }
  }

  private func draw(
    _ series: ChartSeries, of grid: ChartGrid, in frame: Frame, into svg: inout SVGText
  ) {
    guard let first = series.points.first, let last = series.points.last else { return }
    let start = frame.place(first, grid)
    var line = "M\(start.x) \(start.y)"
    for point in series.points.dropFirst() {
      let place = frame.place(point, grid)
      line += series.shape == .step ? "H\(place.x)V\(place.y)" : "L\(place.x) \(place.y)"
    }
    let end = frame.place(last, grid)
    if series.shape == .area {
      let floor = frame.y + frame.height
      svg.path(line + "V\(floor)H\(start.x)Z", class: "area \(series.tone)")
    }
    svg.path(line, class: "line \(series.tone)")
    // The frame's series is a bound and was not measured point by point.
    if series.tone != .frame, series.marksPoints {
      for point in series.points {
        let place = frame.place(point, grid)
        svg.circle(
          x: place.x, y: place.y, class: "dot \(series.tone)", title: series.tip(point, grid))
      }
    }
    guard !series.label.isEmpty else { return }
    // Right of the last point; where no room is left there, below it, clear of a line that rises.
    let isWide = end.x > frame.x + frame.width * 0.7
    let isLow = end.y > frame.y + frame.height * 0.7
    svg.text(
      series.label, x: end.x + (isWide ? -8 : 10),
      y: isWide ? (isLow ? end.y - 9 : end.y + 40) : end.y - 6,
      class: "label", anchor: isWide ? "end" : "start")
  }
}

extension ChartSeries {
  /// What a browser shows when the pointer rests on a point.
  fileprivate func tip(_ point: ChartPoint, _ grid: ChartGrid) -> String {
    "\(name): \(grid.y.label(point.y)) at \(grid.x.label(point.x))"
  }
}
