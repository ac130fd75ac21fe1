// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocReport

/// Keys that commands print, in the report's languages.
@Suite struct VocabularyTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func source(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The keys that a program prints, as its source has them, by a pattern whose first group is a key.
  private func keys(_ path: String, _ pattern: Regex<(Substring, Substring)>) throws -> Set<String>
  {
    Set(try Self.source(path).matches(of: pattern).map { String($0.1) })
  }

  @Test func `every key that a program prints has its words, and no other has`() throws {
    let programs: [(Vocabulary, Set<String>)] = [
      (.machine, try keys("scripts/describe-machine", #/(?m)^say ([a-z-]+) /#)),
      (
        .comparison,
        try keys(
          "Tests/MemoryStatisticsTests/Programs/compare-sources.py", #/(?m)^report\("([a-z-]+)",/#)
      ),
      (.peers, try keys("Benchmarks/Peers/table.py", #/"([a-z-]+)": "[^"{]/#)),
      (.statistics, try keys("Benchmarks/statistics/measure.py", #/\("([a-z-]+)", "[^"]+", /#)),
      (
        .heap,
        try keys("Benchmarks/heap/compare.py", #/\("([a-z0-9]+)", f?(?:"|str)/#)
          .union(["whole", "sparse", "none"])
      ),
    ]
    for (vocabulary, printed) in programs {
      #expect(Set(vocabulary.words.map(\.key)) == printed)
    }
    // Numbers of the model's benchmarks are held against their limits by the same names.
    let limits = try Self.source("Benchmarks/limits.json")
    for word in Vocabulary.model.words {
      #expect(limits.contains("\"\(word.key)"), "\(word.key)")
    }
  }

  @Test func `a name that is no key stays as it is`() {
    #expect(Vocabulary.heap.text("pairs", .spanish) == "pares")
    #expect(Vocabulary.heap.text("jemalloc", .spanish) == "jemalloc")
    #expect(Vocabulary.heap.text("none", .english) == "untouched")
  }

  @Test(arguments: [true, false])
  func `nothing of a Spanish report's own text is English`(isQuick: Bool) throws {
    let report = try RecordedReport(isQuick: isQuick)
    try report.keepAll()
    let text = report.markdown(.spanish)
    #expect(
      text.contains("| arquitectura | x86_64 |") && text.contains("| bajo un hipervisor | sí |"))
    let english: Set<Substring> = [
      "the", "of", "and", "with", "is", "are", "held", "takes", "run", "times", "that", "not",
      "below", "installed", "passed",
    ]
    for line in text.split(separator: "\n") {
      // Between backticks are names and commands.
      let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
      for (index, piece) in pieces.enumerated() where index % 2 == 0 {
        let words = piece.split { !$0.isLetter && $0 != "-" }
        #expect(words.allSatisfy { !english.contains($0) }, "\(line)")
      }
    }
  }
}
