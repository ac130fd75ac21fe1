// SPDX-License-Identifier: MIT

/// Numbers as texts, in a language. Spread is shown as it is: least, middle, most.
struct Figure: Sendable {
  let language: Language

  /// A number with a fixed count of decimals.
  func decimal(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "–" }
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let scaled = Int((value.magnitude * factor).rounded())
    let whole = scaled / Int(factor)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + "\(whole)" }
    let rest = String(scaled % Int(factor))
    return sign + "\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// Three digits that count.
  func short(_ value: Double) -> String {
    switch value.magnitude {
    case 0: "0"
    case ..<10: decimal(value, digits: 2)
    case ..<100: decimal(value, digits: 1)
    default: grouped(Int(value.rounded()))
    }
  }

  /// A whole number in groups of three digits. In Spanish a comma would be read as a decimal point's: there,
  /// a narrow space that does not break stands between groups of numbers above 9999.
  func grouped(_ value: Int) -> String {
    let separator = language == .english ? "," : value.magnitude > 9999 ? "\u{202F}" : ""
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: separator)
  }

  /// A length of time in the unit that fits it.
  func duration(_ seconds: Double) -> String {
    switch seconds.magnitude {
    case ..<1e-6: short(seconds * 1e9) + " ns"
    case ..<1e-3: short(seconds * 1e6) + " µs"
    case ..<1: short(seconds * 1e3) + " ms"
    default: short(seconds) + " s"
    }
  }

  /// Bytes in IEC units.
  func bytes(_ bytes: Int) -> String {
    var value = Double(bytes)
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    while value.magnitude >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    // What rounds to a whole number is written as one: in a column of them decimals would stand out.
    let digits = value.magnitude < 100 ? 2 : 1
    let isWhole = (value - value.rounded()).magnitude < (digits == 2 ? 0.005 : 0.05)
    return (isWhole ? "\(Int(value.rounded()))" : decimal(value, digits: digits))
      + " \(units[unit])"
  }
}

/// The same number, measured several times.
struct Spread: Hashable {
  let least: Double
  let middle: Double
  let most: Double
  let count: Int

  init?(_ values: [Double]) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    least = first
    most = last
    middle = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    count = sorted.count
  }

  /// `4.1 (3.9–5.2)`, or the number alone where all are the same.
  func text(_ number: (Double) -> String) -> String {
    let (low, high) = (number(least), number(most))
    return low == high ? number(middle) : "\(number(middle)) (\(low)–\(high))"
  }

  var range: ClosedRange<Double>? { least < most ? least...most : nil }
}
