// SPDX-License-Identifier: MIT

/// Running text in lines of a given width.
enum Paragraph {
  /// The words of a text, the first line behind a mark and the others below its text.
  static func lines(of text: String, width: Int, mark: String = "") -> [String] {
    var lines: [String] = []
    var line = mark
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: mark.count)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
