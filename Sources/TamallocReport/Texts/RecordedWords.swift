// SPDX-License-Identifier: MIT

// Commands print English, whatever the report's language is. What of it is words, and not a name, is
// looked up: a text with holes, and the same in Spanish. A hole stands for a number or a name, which stays
// as it is, or for words that are looked up in turn. What is not found stays English, and that is no error:
// a command may print anything. The table is in RecordedWords+Spanish.swift.

/// What commands print, in the report's language.
enum RecordedWords {
  /// A text, or the part of it behind `**`, in the language.
  static func text(_ english: some StringProtocol, _ language: Language) -> String {
    guard language == .spanish else { return String(english) }
    if english.count > 4, english.hasPrefix("**"), english.hasSuffix("**") {
      return "**\(text(english.dropFirst(2).dropLast(2), language))**"
    }
    for (pattern, translation) in spanish {
      if let holes = holes(of: pattern[...], in: english[...]) {
        // What stands in a hole may be words, too.
        return filled(translation, holes.map { text($0, language) })
      }
    }
    return String(english)
  }

  /// Lines of columns: a text in each, with spaces between that keep columns where they are.
  static func output(_ english: String, _ language: Language) -> String {
    guard language == .spanish else { return english }
    return english.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let name = line.prefix(nameWidth)
      guard line.count > nameWidth, name.last == " " else {
        let indent = line.prefix { $0 == " " }
        return indent + text(line.dropFirst(indent.count), language)
      }
      let rest = line.dropFirst(nameWidth)
      let indent = rest.prefix { $0 == " " }
      let words = text(trimmed(name), language)
      return words + String(repeating: " ", count: max(nameWidth - words.count, 1)) + indent
        + text(rest.dropFirst(indent.count), language)
    }.joined(separator: "\n")
  }

  /// Markdown: each cell of a table and each other line is a text.
  static func prose(_ english: String, _ language: Language) -> String {
    guard language == .spanish else { return english }
    return english.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix("|") else { return text(line, language) }
      return line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
        let words = trimmed(cell)
        let translated = text(words, language)
        return translated == words ? String(cell) : " \(translated) "
      }.joined(separator: "|")
    }.joined(separator: "\n")
  }

  /// The column in which the figures of the benchmarks' tables begin.
  private static let nameWidth = 34

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  /// What stands in a text where a pattern has holes, or nil where it is not like the pattern.
  private static func holes(
    of pattern: Substring, in text: some StringProtocol
  ) -> [String]? {
    var parts: [Substring] = []
    var rest = pattern
    while let hole = rest.firstRange(of: "{}") {
      parts.append(rest[..<hole.lowerBound])
      rest = rest[hole.upperBound...]
    }
    guard let first = parts.first else { return pattern == text ? [] : nil }
    guard text.hasPrefix(first) else { return nil }
    var found: [String] = []
    var tail = Substring(text.dropFirst(first.count))
    for part in parts.dropFirst() {
      guard let place = tail.firstRange(of: String(part)) else { return nil }
      found.append(String(tail[..<place.lowerBound]))
      tail = tail[place.upperBound...]
    }
    guard tail.hasSuffix(rest) else { return nil }
    return found + [String(tail.dropLast(rest.count))]
  }

  private static func filled(_ translation: String, _ holes: [String]) -> String {
    var result = ""
    var rest = translation[...]
    for hole in holes {
      guard let place = rest.firstRange(of: "{}") else { break }
      result += rest[..<place.lowerBound] + hole
      rest = rest[place.upperBound...]
    }
    return result + rest
  }
}
