// SPDX-License-Identifier: MIT

internal import Charts

/// Makes a section's blocks from the recordings that are there; what isn't there is said to be missing.
struct SectionBuilder {
  let plan: ReportPlan
  let folder: RecordingFolder
  let language: Language

  func say(_ phrase: Phrase) -> String { phrase.text(language) }

  /// Numbers as texts.
  var figure: Figure { Figure(language: language) }

  /// What a command printed, where it is words.
  func translated(_ words: String) -> String { RecordedWords.text(words, language) }

  /// A section: its text, its figures, and what was left out.
  func section(_ name: SectionName) -> WrittenSection {
    var blocks: [Block] = []
    if let prose = Texts.prose(name, language) { blocks.append(.prose(prose)) }
    switch name {
    case .machine: blocks += machine()
    case .design, .problems, .limits: break
    case .memory: blocks += memory()
    case .kernel: blocks += kernel()
    case .faults: blocks += faults()
    case .statistics: blocks += statistics()
    case .allocators: blocks += allocators()
    case .model: blocks += model()
    case .heap: blocks += heap()
    }
    blocks += plan.leftOut(of: name).map { step in
      .missing("\(say(.leftOut)): `\(step.command)` — \(say(step.reason)).")
    }
    return WrittenSection(name: name, blocks: blocks)
  }

  func step(_ name: String, in section: SectionName) -> Step? {
    plan.steps(of: section).first { $0.name == name }
  }

  /// The recordings of a step that succeeded; where there are none, why.
  func results(_ step: Step) -> (good: [Recording], missing: [Block]) {
    let recordings = folder.recordings(of: step)
    let good = recordings.filter(\.succeeded)
    if !good.isEmpty { return (good, []) }
    if let failed = recordings.first { return ([], [missing(failed)]) }
    // The step that it needs may have failed.
    for name in step.needs {
      let prerequisites = SectionName.allCases.flatMap { plan.steps(of: $0) }
      guard let needed = prerequisites.first(where: { $0.name == name }),
        let failed = folder.recordings(of: needed).first(where: { !$0.succeeded })
      else { continue }
      return ([], [missing(failed)])
    }
    return ([], [.missing("\(say(.notMeasured)): `\(step.line)` \(say(.waiting)).")])
  }

  /// Why there are no figures of a command that failed.
  private func missing(_ failed: Recording) -> Block {
    let reason = failed.failure(language)
    return .missing("\(say(.notMeasured)): `\(failed.line)` \(say(.failed)): \(reason)")
  }

  /// Which command made the figures above, how often, when, and under what load.
  func source(_ recordings: [Recording]) -> Block {
    guard let first = recordings.first else { return .source("") }
    let count = recordings.count > 1 ? ", \(recordings.count) \(say(.times))" : ""
    return .source(
      "\(say(.measuredBy)) `\(first.line)`\(count); \(first.started), \(say(.load)) \(first.load)")
  }

  func machine() -> [Block] {
    guard let step = step("machine", in: .machine) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    let rows = recording.output.split(separator: "\n").map { line in
      line.split(separator: "\t", maxSplits: 1).map { translated(String($0)) }
    }.filter { $0.count == 2 }
    return [
      .table(Table(header: [say(.field), say(.value)], rows: rows, isText: true)),
      source(good), .prose(say(.noiseNote)),
    ]
  }

  /// One picture on a card.
  func picture(_ chart: BarChart) -> Picture {
    Picture(title: chart.title, svg: SVGChart(width: 460).document(of: chart))
  }
}
