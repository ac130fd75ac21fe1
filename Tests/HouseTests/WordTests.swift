// SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Names and words: a type's name means one thing, and comments are in the English of the field.
@Suite struct WordTests {
  /// Names that stand for two or more types yet. It only shrinks: whoever renames one takes it off.
  static let standing: Set<String> = [
    "Reservation"
  ]

  @Test func `a type's name is unique in the repository`() throws {
    let declaration =
      /(?m)^(?:@\w+(?:\([^)\n]*\))? )*(?:\w+ )*?(?:struct|enum|class|actor|protocol|typealias) ([A-Z]\w*)/
    var places: [String: [String]] = [:]
    for path in try HouseTests.tracked() where path.hasSuffix(".swift") {
      let text = try HouseTests.text(HouseTests.root.appending(path: path))
      for match in text.matches(of: declaration) {
        places[String(match.1), default: []].append(path)
      }
    }
    #expect(places.count > 500, "found \(places.count) types")
    for (name, paths) in places where paths.count > 1 && !Self.standing.contains(name) {
      Issue.record("\(name) stands for \(paths.count) types: \(paths.joined(separator: ", "))")
    }
    for name in Self.standing where places[name, default: []].count < 2 {
      Issue.record("\(name) is unique now: take it off the list of those that are not")
    }
  }

  /// What reads like a translation, and what engineers write instead.
  static let phrases: [(not: String, but: String)] = [
    (#"\bbe had\b"#, "available, possible, combined"),
    (#"\breckon"#, "compute"),
    (#"\bdear(er|est)?\b"#, "expensive"),
    (#"\bfor want of\b"#, "for lack of, without"),
    (#"\blines? of the cache\b"#, "cache line"),
    (#"\bis asked for by itself\b"#, "is read separately"),
  ]

  /// Folders that have such phrases yet. It only shrinks: whoever mends one takes it off.
  static let pending: [String] = []

  @Test func `comments and documents are in the field's English`() throws {
    var found: Set<String> = []
    var present: Set<String> = []
    let phrases = try Self.phrases.map { (try Regex($0.not).ignoresCase(), $0.but) }
    for path in try HouseTests.tracked() {
      // The patches are made from Kernel/linux; recordings are what programs printed; this names them all.
      if path.hasPrefix("Kernel/patches/") || path.hasPrefix("Tests/HouseTests/")
        || path.contains("/Recordings/") || path.hasSuffix(".recording")
        || path.hasSuffix(".es.md") || path.hasPrefix("LICENSES/")
      {
        continue
      }
      guard let text = try? HouseTests.text(HouseTests.root.appending(path: path)) else { continue }
      let folder = Self.pending.first { path.hasPrefix($0) }
      if let folder { present.insert(folder) }
      for (phrase, instead) in phrases {
        for match in text.matches(of: phrase) {
          let line = text[..<match.range.lowerBound].filter { $0 == "\n" }.count + 1
          if let folder {
            found.insert(folder)
          } else {
            Issue.record("\(path):\(line): «\(text[match.range])»: write \(instead)")
          }
        }
      }
    }
    for folder in present.subtracting(found) {
      Issue.record("\(folder) has no such phrase any more: take it off the list")
    }
  }
}
