// SPDX-License-Identifier: MIT

// Figures as people read them in tables and sentences.

internal import Pages

extension ByteCount {
  /// The count, short enough for a table; "0" where there is nothing.
  var tabular: String { rawValue == 0 ? "0" : description }

  /// The count in a unit of its size without decimals where it has two digits or more: `"22 GiB"`.
  var rounded: String {
    var unit = 1
    while rawValue / unit >= 10 * 1024, unit < 1 << 50 { unit <<= 10 }
    if rawValue / unit >= 1024 { unit <<= 10 }
    if rawValue < 10 * unit { return description }
    return ByteCount((rawValue + unit / 2) / unit * unit).description
  }
}

extension Int {
  /// The digits in groups of three.
  var grouped: String {
    var text = ""
    for (index, digit) in String(magnitude).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text = "," + text }
      text = String(digit) + text
    }
    return self < 0 ? "-" + text : text
  }
}

extension Double {
  /// A time with three digits at most: `"1.25 ms"`.
  var duration: String {
    let (value, unit) =
      self < 999.5e-9
      ? (self * 1e9, "ns")
      : self < 999.5e-6
        ? (self * 1e6, "µs") : self < 0.9995 ? (self * 1e3, "ms") : (self, "s")
    let places = value < 9.995 ? 100.0 : value < 99.95 ? 10.0 : 1.0
    let scaled = Int((value * places).rounded())
    let whole = scaled / Int(places)
    if places == 1 { return "\(whole) \(unit)" }
    let rest = String(scaled % Int(places))
    let zeros = places == 100 && rest.count < 2 ? "0" : ""
    return "\(whole).\(zeros)\(rest) \(unit)"
  }
}
