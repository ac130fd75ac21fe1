// SPDX-License-Identifier: MIT

// Pictures of measurements, for a terminal and as SVG, from one description.
//
//     ChartGrid ─┬─ panels: small charts of equal size, each with a title
//                ├─ x, y:   the axes, which all panels share
//                └─ legend: one entry per name of a series, bounds last
//
// A panel that was not measured holds a note in the place of its series. A grid of one panel is an
// ordinary chart. Positions are in the units of the axes; what lies outside is drawn at the edge.

/// A position in the units of a chart's axes.
public struct ChartPoint: Sendable, Hashable {
  /// Along the horizontal axis.
  public var x: Double
  /// Along the vertical axis.
  public var y: Double

  /// A position, in the units of both axes.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// Values that belong together and are drawn as one line.
public struct ChartSeries: Sendable, Hashable {
  /// How the points are joined.
  public enum Shape: Sendable, Hashable {
    /// Straight from point to point.
    case line
    /// Level until the next point, and then up or down.
    case step
    /// Straight from point to point, and filled down to the axis.
    case area
  }

  /// Which of the palette's colours a series has.
  public enum Tone: Sendable, Hashable, CaseIterable {
    /// The tone of bounds, and four others.
    case frame, first, second, third, fourth
  }

  /// The name in the legend.
  public var name: String
  /// How the points are joined.
  public var shape: Shape
  /// The colour.
  public var tone: Tone
  /// In the order of x.
  public var points: [ChartPoint]
  /// What stands beside the last point.
  public var label: String
  /// Whether each point is marked: not where there are hundreds.
  public var marksPoints: Bool

  /// A series of points in the order of x.
  public init(
    name: String, shape: Shape, tone: Tone, points: [ChartPoint], label: String = "",
    marksPoints: Bool = true
  ) {
    self.marksPoints = marksPoints
    self.name = name
    self.shape = shape
    self.tone = tone
    self.points = points
    self.label = label
  }

  /// The value at `x`, or nil outside the series.
  func value(at x: Double) -> Double? {
    guard let first = points.first, let last = points.last, x >= first.x, x <= last.x else {
      return nil
    }
    var left = first
    for point in points {
      if point.x >= x {
        if point.x == x { return point.y }
        if shape == .step { return left.y }
        return left.y + (point.y - left.y) * (x - left.x) / (point.x - left.x)
      }
      left = point
    }
    return last.y
  }
}

/// One small chart of a grid.
public struct ChartPanel: Sendable, Hashable {
  /// What stands above it.
  public var title: String
  /// Drawn in this order, areas first.
  public var series: [ChartSeries]
  /// What is said where there is nothing to draw.
  public var note: String

  /// A chart with its series, or a note in their place.
  public init(title: String, series: [ChartSeries], note: String = "") {
    self.title = title
    self.series = series
    self.note = note
  }
}

/// Small charts beside each other over the same axes.
public struct ChartGrid: Sendable, Hashable {
  /// What stands above all panels.
  public var title: String
  /// Below the title.
  public var subtitle: String
  /// The axis that all panels share, from left to right.
  public var x: ChartAxis
  /// The axis that all panels share, upwards.
  public var y: ChartAxis
  /// Row by row.
  public var panels: [ChartPanel]

  /// Panels over the same axes.
  public init(
    title: String, subtitle: String = "", x: ChartAxis, y: ChartAxis, panels: [ChartPanel]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.x = x
    self.y = y
    self.panels = panels
  }

  /// One series of each name, bounds last.
  var legend: [ChartSeries] {
    var names: Set<String> = []
    let series = panels.flatMap(\.series).filter { names.insert($0.name).inserted }
    return series.filter { $0.tone != .frame } + series.filter { $0.tone == .frame }
  }
}
