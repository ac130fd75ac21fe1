// SPDX-License-Identifier: MIT

// Bars lie on their side: names of any length stand above them, and the picture stays readable on a
// telephone, where it is as wide as the screen and as high as it has bars. A bar that was measured
// several times has a whisker from the least to the most.
//
//     name                                  value
//     ████████████████├──┤
//
// On a logarithmic axis a bar begins at the power of ten below the least value.

/// What is compared by the lengths of bars.
public struct BarChart: Sendable, Hashable {
  /// One bar.
  public struct Bar: Sendable, Hashable {
    /// What stands above it.
    public var name: String
    /// The middle of what was measured.
    public var value: Double
    /// The least and the most, where it was measured several times.
    public var spread: ClosedRange<Double>?
    /// The colour.
    public var tone: ChartSeries.Tone
    /// What stands at the right; the value with its unit where it is empty.
    public var label: String

    /// A bar, measured once or several times.
    public init(
      name: String, value: Double, spread: ClosedRange<Double>? = nil,
      tone: ChartSeries.Tone = .second, label: String = ""
    ) {
      self.name = name
      self.value = value
      self.spread = spread
      self.tone = tone
      self.label = label
    }
  }

  /// How lengths grow with values.
  public enum Scale: Sendable, Hashable {
    /// In proportion to a value.
    case linear
    /// In proportion to its logarithm.
    case logarithmic
  }

  /// What stands above it.
  public var title: String
  /// What the numbers are, under the axis.
  public var axis: String
  /// What the numbers count.
  public var unit: ChartAxis.Unit
  /// How lengths grow.
  public var scale: Scale
  /// From above.
  public var bars: [Bar]
  /// A value with a line of its own, such as 1 where bars are ratios.
  public var reference: Double?

  /// Bars over one axis.
  public init(
    title: String, axis: String, unit: ChartAxis.Unit, scale: Scale = .linear, bars: [Bar],
    reference: Double? = nil
  ) {
    self.title = title
    self.axis = axis
    self.unit = unit
    self.scale = scale
    self.bars = bars
    self.reference = reference
  }

  /// The values that have a place, 0 and less left out where lengths are logarithms.
  private var values: [Double] {
    let all =
      bars.flatMap { [$0.value, $0.spread?.lowerBound, $0.spread?.upperBound] } + [reference]
    return all.compactMap { $0 }.filter { $0.isFinite && (scale == .linear || $0 > 0) }
  }

  /// Where the axis begins and ends.
  var bounds: (least: Double, most: Double) {
    let most = max(values.max() ?? 1, .leastNormalMagnitude)
    guard scale == .logarithmic else { return (0, most > 0 ? most : 1) }
    let floor = Self.powerOfTen(below: values.min() ?? 1)
    return (floor, max(most, floor * 10))
  }

  /// Where a value lies between the ends of the axis, as 0 to 1.
  func fraction(of value: Double) -> Double {
    let (least, most) = bounds
    guard value.isFinite else { return 0 }
    let share =
      scale == .linear
      ? value / most
      : Self.decades(from: least, to: max(value, least)) / Self.decades(from: least, to: most)
    return min(max(share, 0), 1)
  }

  /// The marks of the axis.
  var ticks: [Double] {
    let (least, most) = bounds
    guard scale == .logarithmic else {
      return ChartAxis(title: "", unit: unit, maximum: most).ticks(about: 4)
    }
    var ticks: [Double] = []
    var tick = least
    while tick <= most * 1.000001 {
      ticks.append(tick)
      tick *= 10
    }
    while ticks.count > 6 {
      ticks = ticks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    }
    return ticks
  }

  /// The largest power of ten that is at most a value above 0.
  private static func powerOfTen(below value: Double) -> Double {
    var power = 1.0
    while power > value { power /= 10 }
    while power * 10 <= value { power *= 10 }
    return power
  }

  /// The logarithm of a ratio, to the base ten: no library is needed for a picture's precision.
  private static func decades(from least: Double, to value: Double) -> Double {
    var ratio = value / least
    var decades = 0.0
    while ratio >= 10 {
      ratio /= 10
      decades += 1
    }
    // Ten times squaring, a binary digit of the fraction each time.
    var share = 0.5
    for _ in 0..<20 {
      ratio *= ratio
      if ratio >= 10 {
        ratio /= 10
        decades += share
      }
      share /= 2
    }
    return decades
  }
}
