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
    String(
      decoding: [UInt8](capacity: CellText.longestNumber) { append(count, to: &$0) }, as: UTF8.self)
  }

  /// Appends the same to ASCII.
  func append(_ count: ByteCount, to bytes: inout OutputSpan<UInt8>) {
    let magnitude = count.rawValue.magnitude
    if count.rawValue < 0 { bytes.append(UInt8(ascii: "-")) }
    switch self {
    case .kibibytes:
      bytes.append(decimal: magnitude / 1024 + (magnitude % 1024 >= 512 ? 1 : 0))
      bytes.append(" KiB")
    case .mebibytes:
      Self.appendTenths(magnitude, unit: 1 << 20, to: &bytes)
      bytes.append(" MiB")
    case .megabytes:
      Self.appendTenths(magnitude, unit: 1_000_000, to: &bytes)
      bytes.append(" MB")
    case .iec: Self.appendScaled(magnitude, base: 1024, names: Self.iecNames, to: &bytes)
    case .si: Self.appendScaled(magnitude, base: 1000, names: Self.siNames, to: &bytes)
    }
  }

  private static let iecNames: [StaticString] = [
    " B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB",
  ]
  private static let siNames: [StaticString] = [" B", " kB", " MB", " GB", " TB", " PB", " EB"]

  /// The largest unit that leaves at least one: whole bytes, else one decimal below a hundred.
  private static func appendScaled(
    _ magnitude: UInt, base: UInt, names: [StaticString], to bytes: inout OutputSpan<UInt8>
  ) {
    var unit: UInt = 1
    var index = 0
    // What would be rounded to 1000.0 or 1024.0 of a unit goes to the next one. No division: there are
    // thousands of cells.
    while index + 1 < names.count, magnitude >= base * unit - unit / 2 {
      unit *= base
      index += 1
    }
    if index == 0 {
      bytes.append(decimal: magnitude)
    } else if magnitude / unit >= 100 {
      bytes.append(decimal: rounded(magnitude, unit))
    } else {
      appendTenths(magnitude, unit: unit, to: &bytes)
    }
    bytes.append(names[index])
  }

  private static func rounded(_ magnitude: UInt, _ unit: UInt) -> UInt {
    magnitude / unit + (magnitude % unit >= unit - unit / 2 ? 1 : 0)
  }

  private static func appendTenths(_ magnitude: UInt, unit: UInt, to bytes: inout OutputSpan<UInt8>)
  {
    var whole = magnitude / unit
    var tenths = (magnitude % unit / 10 * 100 + unit / 2) / unit
    if unit < 100 { tenths = 0 }
    if tenths >= 10 {
      whole += 1
      tenths = 0
    }
    bytes.append(decimal: whole)
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: tenths)
  }
}
