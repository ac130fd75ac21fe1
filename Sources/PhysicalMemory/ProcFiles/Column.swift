// SPDX-License-Identifier: MIT

// printf's widths, for the formats of /proc.

/// A number or word in a column: `%6lu` is `column(value, 6)`.
func column(_ value: some CustomStringConvertible, _ width: Int) -> String {
  let text = value.description
  return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

/// The same, to the left: `%-12s`.
package func leftColumn(_ value: some CustomStringConvertible, _ width: Int) -> String {
  let text = value.description
  return text + String(repeating: " ", count: max(0, width - text.utf8.count))
}
