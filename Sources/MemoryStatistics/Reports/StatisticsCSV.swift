// SPDX-License-Identifier: MIT

internal import Pages

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
        case .never: text += "never"
        case .notApplicable, .unknown: break
        }
      }
      text += "\n"
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    let special = ",\"\r\n".utf8
    guard text.utf8.contains(where: special.contains) else { return text }
    var result = "\""
    for character in text.unicodeScalars {
      if character == "\"" { result += "\"" }
      result.unicodeScalars.append(character)
    }
    return result + "\""
  }
}
