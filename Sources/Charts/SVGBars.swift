// SPDX-License-Identifier: MIT

extension SVGChart {
  /// A picture of bars, as high as it has bars.
  public func document(of chart: BarChart) -> String {
    let left = 16.0
    let plotWidth = Double(width) - left - 20
    let top = 44.0
    let rowHeight = 40.0
    let floor = top + Double(chart.bars.count) * rowHeight + 4
    let height = floor + 48
    var svg = SVGText(width: Double(width), height: height, title: chart.title)
    svg.text(chart.title, x: left, y: 24, class: "title")
    let axis = ChartAxis(title: chart.axis, unit: chart.unit, maximum: chart.bounds.most)
    for tick in chart.ticks {
      let x = left + chart.fraction(of: tick) * plotWidth
      svg.path("M\(x) \(top)V\(floor)", class: "rule")
      let isLast = x > left + plotWidth * 0.94
      svg.text(
        axis.label(tick), x: x, y: floor + 16, class: "number",
        anchor: tick == chart.ticks.first ? "start" : isLast ? "end" : "middle")
    }
    svg.path("M\(left) \(floor)h\(plotWidth)", class: "axis")
    for (index, bar) in chart.bars.enumerated() {
      let y = top + Double(index) * rowHeight
      let label = bar.label.isEmpty ? axis.label(bar.value) : bar.label
      let length = chart.fraction(of: bar.value) * plotWidth
      svg.text(bar.name, x: left, y: y + 14, class: "label")
      svg.text(label, x: left + plotWidth, y: y + 14, class: "label value", anchor: "end")
      svg.rectangle(
        x: left, y: y + 19, width: max(length, 1.5), height: 13, class: "bar \(bar.tone)")
      guard let spread = bar.spread else { continue }
      let from = left + chart.fraction(of: spread.lowerBound) * plotWidth
      let through = left + chart.fraction(of: spread.upperBound) * plotWidth
      svg.path(
        "M\(from) \(y + 21)v9M\(from) \(y + 25.5)H\(through)M\(through) \(y + 21)v9",
        class: "whisker")
    }
    if let reference = chart.reference {
      let x = left + chart.fraction(of: reference) * plotWidth
      // Beside the bars only: above them stand their names and numbers.
      let pieces = chart.bars.indices.map { "M\(x) \(top + Double($0) * rowHeight + 16)v19" }
      svg.path(pieces.joined(), class: "line frame")
    }
    svg.text(chart.axis, x: left + plotWidth / 2, y: height - 12, class: "quiet", anchor: "middle")
    return svg.finished()
  }
}
