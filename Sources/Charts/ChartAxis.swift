// SPDX-License-Identifier: MIT

/// An axis from zero to a maximum, with round numbers marked on it.
public struct ChartAxis: Sendable, Hashable {
  /// What the numbers count.
  public enum Unit: Sendable, Hashable {
    /// Bytes, in IEC units.
    case bytes
    /// Percent.
    case percent
    /// Anything else, written after each number.
    case number(suffix: String)
  }

  /// What stands beside the axis.
  public var title: String
  /// What its numbers count.
  public var unit: Unit
  /// The largest value that has a place; above 0.
  public var maximum: Double

  /// An axis that ends at a maximum; 1 where that is not above 0.
  public init(title: String, unit: Unit, maximum: Double) {
    self.title = title
    self.unit = unit
    self.maximum = maximum.isFinite && maximum > 0 ? maximum : 1
  }

  /// Where `value` lies between 0 and the maximum, as 0 to 1.
  func fraction(of value: Double) -> Double {
    min(max(value / maximum, 0), 1)
  }

  /// Round values from 0 up to the maximum, about `count` of them.
  ///
  /// Bytes go in powers of two, everything else in 1, 2, 2.5 and 5 times a power of ten.
  func ticks(about count: Int) -> [Double] {
    let rough = maximum / Double(max(count, 1))
    var step = 1.0
    switch unit {
    case .bytes:
      // To the nearest, so that 1 GiB and a page has the ticks of 1 GiB.
      while step * 1.5 < rough { step *= 2 }
      while step > rough * 2 && step > 1 { step /= 2 }
    case .percent, .number:
      while step > rough { step /= 10 }
      while step * 10 <= rough { step *= 10 }
      for factor in [1, 2, 2.5, 5, 10] where step * factor >= rough {
        step *= factor
        break
      }
    }
    var ticks: [Double] = []
    while Double(ticks.count) * step <= maximum * 1.000001 {
      ticks.append(Double(ticks.count) * step)
    }
    return ticks
  }

  /// A value with its unit, as short as it can be said.
  func label(_ value: Double) -> String {
    switch unit {
    case .bytes: return bytesLabel(value)
    case .percent: return "\(shortDecimal(value))%"
    case .number(let suffix): return shortDecimal(value) + suffix
    }
  }

  private func bytesLabel(_ value: Double) -> String {
    if value == 0 { return "0" }
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var scaled = value
    var unit = 0
    while scaled >= 1024 && unit < units.count - 1 {
      scaled /= 1024
      unit += 1
    }
    return "\(shortDecimal(scaled)) \(units[unit])"
  }
}

/// A number with two decimals at most and no trailing zeros.
func shortDecimal(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  guard value.magnitude < 1e15 else { return "\(value)" }
  let hundredths = Int((value * 100).rounded())
  let whole = hundredths.magnitude / 100
  let rest = hundredths.magnitude % 100
  var text = (hundredths < 0 ? "-" : "") + "\(whole)"
  if rest != 0 {
    text += rest < 10 ? ".0\(rest)" : rest % 10 == 0 ? ".\(rest / 10)" : ".\(rest)"
  }
  return text
}
