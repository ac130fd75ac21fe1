// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Pages

/// Parses a size as people write it: `512K`, `1GiB`, `1e9`, `1.5G`, `64 MiB`, `4096`.
///
/// K, M, G, T, P, with or without iB, count in powers of 1,024; kB (or KB), MB, GB, TB, PB in powers
/// of 1,000. Upper and lower case mean the same.
enum SizeArgument {
  private static let units: [String: Int] = [
    "": 1, "b": 1,
    "k": 1 << 10, "kib": 1 << 10, "kb": 1_000,
    "m": 1 << 20, "mib": 1 << 20, "mb": 1_000_000,
    "g": 1 << 30, "gib": 1 << 30, "gb": 1_000_000_000,
    "t": 1 << 40, "tib": 1 << 40, "tb": 1_000_000_000_000,
    "p": 1 << 50, "pib": 1 << 50, "pb": 1_000_000_000_000_000,
  ]

  /// The most that today's processors can address.
  private static let maximum = 1 << 56

  /// A size that may not be zero.
  static func parse(_ text: String) throws -> ByteCount {
    let size = try parseOrZero(text)
    guard size > 0 else {
      throw ValidationError("the size '\(text)' is zero: it must be 1 at least")
    }
    return size
  }

  /// A size that may be zero.
  static func parseOrZero(_ text: String) throws -> ByteCount {
    let trimmed = text.trimmingSpaces
    guard let number = DecimalNumber(prefixOf: trimmed),
      let unit = units[String(trimmed.dropFirst(number.length)).trimmingSpaces.lowercased()]
    else {
      throw ValidationError("'\(text)' is not a size: write it like 512K, 1GiB, 1.5G, 1e9 or 4096")
    }
    if number.isNegative { throw ValidationError("the size '\(text)' is negative") }
    guard let scaled = number.multiplied(by: unit), scaled.whole <= maximum else {
      throw ValidationError("the size '\(text)' is more than a processor can address (64 PiB)")
    }
    if scaled.hasRest {
      throw ValidationError("the size '\(text)' is not a whole number of bytes")
    }
    return ByteCount(scaled.whole)
  }
}

extension String {
  /// The text without spaces at its ends.
  var trimmingSpaces: String {
    guard let first = firstIndex(where: { $0 != " " }), let last = lastIndex(where: { $0 != " " })
    else { return "" }
    return String(self[first...last])
  }
}
