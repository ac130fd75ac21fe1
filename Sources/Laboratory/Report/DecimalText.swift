// SPDX-License-Identifier: MIT

extension Double {
  /// The number with a fixed count of decimals, as C's `%.*f` writes it.
  public func fixed(_ places: Int) -> String {
    guard isFinite, magnitude < 1e9 else { return "\(self)" }
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let scaled = Int((magnitude * Double(unit)).rounded())
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let rest = String(scaled % unit)
    return "\(sign)\(scaled / unit)." + String(repeating: "0", count: places - rest.count) + rest
  }

  /// The number with a count of significant digits below 10^digits, else without decimals.
  public func significant(_ digits: Int) -> String {
    var places = digits - 1
    var bound = 10.0
    while places > 0, magnitude >= bound {
      places -= 1
      bound *= 10
    }
    // What is below 1 shows its first digits behind the point.
    bound = 1
    while magnitude > 0, magnitude < bound, places < 9 {
      places += 1
      bound /= 10
    }
    return fixed(places)
  }
}
