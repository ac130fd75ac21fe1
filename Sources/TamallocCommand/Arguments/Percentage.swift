// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// A share above 0 % and up to 100 %, in steps of a ten thousandth of a percent.
struct Percentage: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1 to 1,000,000.
  let partsPerMillion: Int

  /// A share in parts per million, or nil unless it is above 0 and at most the whole.
  init?(partsPerMillion: Int) {
    guard (1...1_000_000).contains(partsPerMillion) else { return nil }
    self.partsPerMillion = partsPerMillion
  }

  /// The whole.
  static let all = Percentage(partsPerMillion: 1_000_000)!

  /// The demonstration's steps by default.
  static let usual = [10_000, 100_000, 500_000, 1_000_000].map { Percentage(partsPerMillion: $0)! }

  /// The most steps that a list may have.
  static let mostSteps = 20

  static func < (left: Percentage, right: Percentage) -> Bool {
    left.partsPerMillion < right.partsPerMillion
  }

  var description: String {
    let whole = partsPerMillion / 10_000
    var rest = partsPerMillion % 10_000
    guard rest != 0 else { return "\(whole)%" }
    var places = 4
    while rest % 10 == 0 {
      rest /= 10
      places -= 1
    }
    let digits = "\(rest)"
    return "\(whole)." + String(repeating: "0", count: places - digits.count) + digits + "%"
  }

  /// Reads `1%`, `0.5 %` or `50`.
  static func parse(_ text: String) throws -> Percentage {
    let trimmed = text.trimmingSpaces
    guard let number = DecimalNumber(prefixOf: trimmed),
      ["", "%"].contains(String(trimmed.dropFirst(number.length)).trimmingSpaces)
    else {
      throw ValidationError("'\(text)' is not a percentage: write it like 1%, 0.5% or 50")
    }
    guard let parts = number.multiplied(by: 10_000), !number.isNegative else {
      throw ValidationError("the percentage '\(text)' must be above 0% and at most 100%")
    }
    if parts.hasRest {
      throw ValidationError("the percentage '\(text)' has more than four decimals")
    }
    guard let percentage = Percentage(partsPerMillion: parts.whole) else {
      throw ValidationError("the percentage '\(text)' must be above 0% and at most 100%")
    }
    return percentage
  }

  /// Reads `1%,10%`; the result is in rising order and without duplicates.
  static func parseList(_ text: String) throws -> [Percentage] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let list = Set(try parts.map { try parse(String($0)) }).sorted()
    guard list.count <= mostSteps else {
      throw ValidationError("'\(text)' has \(list.count) steps: \(mostSteps) are the most")
    }
    return list
  }
}
