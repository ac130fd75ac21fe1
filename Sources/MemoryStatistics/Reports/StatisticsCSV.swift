// SPDX-License-Identifier: MIT

internal import Pages

// Readers of CSV guess a column's type from all of its values, so a column of numbers has nothing but
// numbers in it: what is not known, and the rank of who is never killed, is empty; `killable` tells which.
// Control characters in names are written as \xNN, and a backslash as two: one process is one line,
// whatever it calls itself, and nothing that the file is shown on takes them as commands.

/// Statistics as CSV (RFC 4180, but with newlines as Unix has them): raw numbers, empty where there is
/// none.
public enum StatisticsCSV {
  /// The heading and the rows, each with its newline.
  public static func lines(
    of processes: [ProcessStatistics], fields: [Field], names: inout UserNames
  ) -> String {
    var text = fields.map(\.rawValue).joined(separator: ",") + "\n"
    for process in processes {
      for (column, field) in fields.enumerated() {
        if column > 0 { text += "," }
        switch field.value(of: process, names: &names) {
        case .bytes(let count), .growth(let count): text += "\(count.rawValue)"
        case .integer(let number): text += "\(number)"
        case .ratio(let ratio): text += "\(ratio)"
        case .text(let content): text += quoted(content)
        case .time(let seconds): text += "\((seconds * 100).rounded() / 100)"
        case .flag(let flag): text += flag ? "true" : "false"
        case .never, .notApplicable, .unknown: break
        }
      }
      text += "\n"
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !special.contains($0) }) { return text }
    var result = ""
    var needsQuotes = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"":
        result += "\"\""
        needsQuotes = true
      case ",":
        result += ","
        needsQuotes = true
      case "\\": result += "\\\\"
      case "\u{0}"..<" ", "\u{7F}"..."\u{9F}":
        result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return needsQuotes ? "\"" + result + "\"" : result
  }

  private static let special: [UInt8] = [
    UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\\"),
  ]
}
