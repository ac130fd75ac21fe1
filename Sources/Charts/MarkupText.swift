// SPDX-License-Identifier: MIT

/// Text as XML and HTML have it, between tags and in attributes within double quotes.
///
/// Control characters other than tab and the ends of lines are left out: XML has no way to write them,
/// and a page of HTML that has them is malformed. Scalars are looked at and not characters, for a sign
/// that something is combined with ends a text as well as it does alone.
public func markupText(_ text: some StringProtocol) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
    case "\u{0}"..<" ", "\u{7F}", "\u{FFFE}", "\u{FFFF}": break
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
