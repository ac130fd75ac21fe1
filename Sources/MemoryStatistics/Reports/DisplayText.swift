// SPDX-License-Identifier: MIT

// Names come from programs, and a program may call itself anything. What goes to a terminal must not
// move its cursor or reverse its letters, and must stand in its column.

/// Text that is safe to show, and its width.
public enum DisplayText {
  /// The text with every control and format character replaced by `?`.
  public static func safe(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The columns that a text takes on a terminal.
  public static func width(_ text: String) -> Int {
    let bytes = text.utf8.count
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return bytes }
    return text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The longest beginning that takes at most `columns`, with `…` at its end where it is cut.
  public static func prefix(_ text: String, columns: Int) -> String {
    if width(text) <= columns { return text }
    var result = ""
    var used = 1
    for scalar in text.unicodeScalars {
      used += width(scalar)
      if used > columns { break }
      result.unicodeScalars.append(scalar)
    }
    return columns > 0 ? result + "…" : ""
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0..<0x300: return 1
    // East Asian Width W and F (UAX #11), in blocks, and the emoji.
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default:
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: return 0
      default: return 1
      }
    }
  }
}
