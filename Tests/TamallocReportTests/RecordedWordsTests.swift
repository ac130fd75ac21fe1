// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocReport

/// What commands print in English, in a Spanish report.
@Suite struct RecordedWordsTests {
  @Test(arguments: [
    ("load", "carga"), ("tamalloc-fill", "tamalloc-fill"), ("", ""), ("loads", "loads"),
    ("1 expectation held, 2 statements run", "se cumplió 1 condición; 2 sentencias ejecutadas"),
    (
      "5 expectations held, 13 statements run",
      "se cumplieron 5 condiciones; 13 sentencias ejecutadas"
    ),
    ("exit status 3", "estado de salida 3"), ("**all zero**", "**todo a cero**"), ("****", "****"),
    ("{} of {} limits are missed:", "Se incumplen {} de {} límites:"),
    (
      "glibc: takes 2.82 times as long, in the geometric mean",
      "glibc: tarda 2.82 veces lo que el nuestro, en media geométrica"
    ),
    ("ein Text", "ein Text"), ("pairs 64K sparse", "parejas 64K dispersos"),
    ("churn2 32-1K whole", "mezcla en dos hilos 32-1K enteros"),
    ("boot 1 TiB", "arranque de 1 TiB"), ("ok 2 the totals", "ok 2 los totales"),
    (
      "- slab object: nanoseconds a pair is 11.0, 10.0 % above the limit of 10.0: an object costs as little as in Linux",
      "- objeto de slab: nanosegundos por pareja es 11.0, un 10.0 % sobre el límite de 10.0: un objeto cuesta tan poco como en Linux"
    ),
  ])
  func `words are translated, names and figures stay`(english: String, spanish: String) {
    #expect(RecordedWords.text(english, .spanish) == spanish)
    #expect(RecordedWords.text(english, .english) == english)
  }

  @Test func `columns stay where they are`() {
    let english = """
      not installed
      floor: two files in C                  3.1      4.2
      smem                               not installed
      """
    let spanish = """
      no instalado
      mínimo: dos ficheros en C              3.1      4.2
      smem                               no instalado
      """
    #expect(RecordedWords.output(english, .spanish) == spanish)
    #expect(RecordedWords.output(english, .english) == english)
  }

  @Test func `cells of Markdown are translated, and its lines`() {
    let english =
      "| | what it does | x |\n|---|---|--:|\n| mmap | commits everything | 3 µs |\n\nAll 7 limits are met."
    #expect(
      RecordedWords.prose(english, .spanish)
        == "| | qué hace | x |\n|---|---|--:|\n| mmap | compromete todo | 3 µs |\n\nSe cumplen los 7 límites."
    )
  }

  @Test func `a translation has the holes of its original`() {
    func holes(_ text: String) -> Int { text.ranges(of: "{}").count }
    for (english, spanish) in RecordedWords.spanish {
      #expect(holes(english) == holes(spanish), "\(english)")
    }
    #expect(Set(RecordedWords.spanish.map(\.english)).count == RecordedWords.spanish.count)
  }

  /// Who changes what a command prints is told that its translation is not used any more.
  @Test func `what is translated is printed by a command`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let printers = [
      "scripts/describe-machine", "Sources/TamallocCommand/Laboratory/MachineCommand.swift",
      "Sources/TamallocCommand/Demo/DemoPlan.swift", "Benchmarks/heap/compare.py",
      "Benchmarks/peers", "Benchmarks/run", "Benchmarks/Sources/Verdict/main.swift",
      "Benchmarks/Benchmarks/PhysicalMemoryBenchmarks/Costs.swift",
      "Benchmarks/statistics/measure.py", "Sources/TamallocReport/Recording/Measurer.swift",
      "Sources/TamallocReport/Recording/Recording.swift",
      "Sources/TamallocReport/Recording/ChildRun.swift", "Benchmarks/limits.json",
      "Benchmarks/Benchmarks/PhysicalMemoryBenchmarks/Machines.swift",
      "Tests/MemoryStatisticsTests/Programs/compare-sources.py",
    ]
    // A text goes on in the next line behind quotes, which a shell parts by a space.
    let breaks = /"\s*\\?\n\s*f?"/
    let sources = try printers.map {
      try String(contentsOf: root.appending(path: $0), encoding: .utf8)
    }.joined(separator: "\n")
    let texts = [sources.replacing(breaks, with: ""), sources.replacing(breaks, with: " ")]
    for (english, _) in RecordedWords.spanish {
      // What one program prints as two texts.
      for part in english.replacing(" held, ", with: " held{}").split(separator: "{}") {
        let words = part.trimmingCharacters(in: .whitespaces)
        if words.isEmpty { continue }
        let isFound = texts.contains { $0.contains(words) }
        #expect(isFound, "nobody prints '\(words)' of '\(english)'")
      }
    }
  }

  @Test func `nothing of a Spanish report's own text is English`() throws {
    let report = try RecordedReport()
    try report.keepAll()
    try report.keep("heap", output: RecordedReport.recorded("heap.txt"))
    try report.keep(
      "machine", output: "kernel\tLinux 6.18\nhypervisor\tyes\nload\t0.10 0.20 0.30\n")
    let text = report.markdown(.spanish)
    #expect(text.contains("| núcleo | Linux 6.18 |") && text.contains("| hipervisor | sí |"))
    #expect(text.contains("mimalloc: tarda 9.70 veces"))
    let english: Set<Substring> = [
      "the", "of", "and", "with", "is", "are", "held", "takes", "load", "run", "times", "that",
      "not",
    ]
    var isCode = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("```") { isCode.toggle() }
      if isCode { continue }
      // Between backticks are names and commands.
      let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
      for (index, piece) in pieces.enumerated() where index % 2 == 0 {
        let words = piece.split { !$0.isLetter && $0 != "-" }
        #expect(words.allSatisfy { !english.contains($0) }, "\(line)")
      }
    }
  }
}
