// SPDX-License-Identifier: MIT

public import Pages

/// How counts of bytes are written in tables.
public enum ByteUnit: Sendable, Hashable, CaseIterable {
  /// KiB, MiB, GiB: whatever leaves at least one of it.
  case iec
  /// kB, MB, GB: powers of 1,000.
  case si
  /// Always KiB, without decimals.
  case kibibytes
  /// Always MiB, with one decimal.
  case mebibytes
  /// Always MB of 1,000,000 bytes, with one decimal.
  case megabytes

  /// A count with its unit: `1.2 GiB`.
  public func text(_ count: ByteCount) -> String {
    let magnitude = count.rawValue.magnitude
    let sign = count.rawValue < 0 ? "-" : ""
    switch self {
    case .kibibytes: return "\(sign)\((magnitude + 512) / 1024) KiB"
    case .mebibytes: return sign + Self.tenths(magnitude, unit: 1 << 20) + " MiB"
    case .megabytes: return sign + Self.tenths(magnitude, unit: 1_000_000) + " MB"
    case .iec: return sign + Self.scaled(magnitude, base: 1024, names: Self.iecNames)
    case .si: return sign + Self.scaled(magnitude, base: 1000, names: Self.siNames)
    }
  }

  private static let iecNames: [StaticString] = [
    " B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB",
  ]
  private static let siNames: [StaticString] = [" B", " kB", " MB", " GB", " TB", " PB", " EB"]

  /// The largest unit that leaves at least one: whole bytes, else one decimal below a hundred.
  private static func scaled(_ magnitude: UInt, base: UInt, names: [StaticString]) -> String {
    var unit: UInt = 1
    var index = 0
    // What would be rounded to 1000.0 or 1024.0 of a unit goes to the next one.
    while index + 1 < names.count, magnitude / unit >= base || rounded(magnitude, unit) >= base {
      unit *= base
      index += 1
    }
    if index == 0 { return "\(magnitude)\(names[0])" }
    if magnitude / unit >= 100 { return "\(rounded(magnitude, unit))\(names[index])" }
    return tenths(magnitude, unit: unit) + "\(names[index])"
  }

  private static func rounded(_ magnitude: UInt, _ unit: UInt) -> UInt {
    magnitude / unit + (magnitude % unit >= unit - unit / 2 ? 1 : 0)
  }

  private static func tenths(_ magnitude: UInt, unit: UInt) -> String {
    var whole = magnitude / unit
    var tenths = (magnitude % unit / 10 * 100 + unit / 2) / unit
    if unit < 100 { tenths = 0 }
    if tenths >= 10 {
      whole += 1
      tenths = 0
    }
    return "\(whole).\(tenths)"
  }
}
