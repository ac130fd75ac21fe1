// SPDX-License-Identifier: MIT

internal import Charts

/// Makes a section's blocks from the recordings; names the steps that have none.
struct SectionBuilder {
  let plan: ReportPlan
  let folder: RecordingFolder
  let language: Language

  func say(_ phrase: Phrase) -> String { phrase.text(language) }

  /// A key that a command printed, in the report's language.
  func say(_ key: String, in vocabulary: Vocabulary) -> String { vocabulary.text(key, language) }

  /// Numbers as texts.
  var figure: Figure { Figure(language: language) }

  /// A section: its text, its figures, and what was left out.
  func section(_ name: SectionName) -> WrittenSection {
    var blocks: [ReportBlock] = []
    if let prose = Texts.prose(name, language) { blocks.append(.prose(prose)) }
    switch name {
    case .result: blocks += result()
    case .machine: blocks += machine()
    case .design, .problems, .conclusions, .limits: break
    case .chronology: blocks += chronology()
    case .memory: blocks += memory()
    case .kernel: blocks += kernel()
    case .faults: blocks += faults()
    case .statistics: blocks += statistics()
    case .allocators: blocks += allocators()
    case .model: blocks += model()
    case .heap: blocks += heap()
    }
    blocks += plan.leftOut(of: name).map { step in
      .missing("\(say(.leftOut)): `\(step.line)` — \(say(.leftOutOfQuickRun)).")
    }
    return WrittenSection(name: name, blocks: blocks)
  }

  func step(_ name: String, in section: SectionName) -> ReportStep? {
    plan.steps(of: section).first { $0.name == name }
  }

  /// The recordings of a step that succeeded; where there are none, why.
  func results(_ step: ReportStep) -> (good: [StepRecording], missing: [ReportBlock]) {
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
  private func missing(_ failed: StepRecording) -> ReportBlock {
    let reason = failed.failure(language)
    return .missing("\(say(.notMeasured)): `\(failed.line)` \(say(.failed)): \(reason)")
  }

  /// Which command made the figures above, how often, when, and under what load.
  func source(_ recordings: [StepRecording]) -> ReportBlock {
    guard let first = recordings.first else { return .source("") }
    let count = recordings.count
    let times = count > 1 ? ", " + Phrase.times.text(language, "\(count)") : ""
    return .source(
      "\(say(.measuredBy)) `\(first.line)`\(times); \(first.started), \(say(.load)) \(first.load)")
  }

  func machine() -> [ReportBlock] {
    guard let step = step("machine", in: .machine) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    let values = recording.decoded(as: Recorded.Machine.self) ?? [:]
    let rows = Vocabulary.machine.words.compactMap { word in
      values[word.key].map {
        [say(word.key, in: .machine), word.key == "hypervisor" ? say(.yes) : $0]
      }
    }
    return [
      .table(Table(header: [say(.field), say(.value)], rows: rows, words: 2)),
      source(good), .prose(say(.noiseNote)),
    ]
  }

  /// One picture on a card.
  func picture(_ chart: BarChart) -> Picture {
    Picture(title: chart.title, svg: SVGChart(width: 460).document(of: chart))
  }
}
