// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocReport

/// A folder of recordings whose outputs are those in the folder Recordings, which commands once printed.
final class RecordedReport {
  let path: String
  let plan: ReportPlan
  var folder: RecordingFolder { RecordingFolder(path: path) }

  /// What each step of the plan printed, but for those that a short run leaves out.
  static let outputs = [
    "machine": "machine.json", "demo": "demo.json", "kernel-demo": "demo.json",
    "contest": "contest.json", "stat": "stat.json", "stat-total": "stat-total.json",
    "heap": "heap.json", "history": "history.json",
  ]

  /// What the others printed.
  static let longOutputs = [
    "peers": "peers.json", "statistics-peers": "statistics-peers.json", "compare": "compare.json",
    "model-benchmark": "model-benchmark.json",
  ]

  init(isQuick: Bool = true) throws {
    path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    plan = ReportPlan(isQuick: isQuick, folder: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func recorded(_ name: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")
    return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// Keeps an output as that of a step.
  func keep(
    _ name: String, output: String, status: Int32 = 0, errors: String = "", sample: Int = 1
  ) throws {
    let steps = SectionName.allCases.flatMap { plan.steps(of: $0) }
    let step = try #require(steps.first { $0.name == name }, "there is no step \(name)")
    try folder.save(
      StepRecording(
        step: name, sample: sample, command: step.command, commit: "abc1234",
        started: "2026-11-26T12:00:00Z", seconds: 1, load: "0.10 0.20 0.30", status: status,
        ending: nil, output: output, errors: errors))
  }

  /// Keeps what was recorded of every step that has a recording.
  func keepAll() throws {
    for (step, file) in Self.outputs.merging(
      plan.isQuick ? [:] : Self.longOutputs, uniquingKeysWith: { $1 })
    {
      try keep(step, output: Self.recorded(file))
    }
    for name in ReportPlan.machines {
      try keep("machine-\(name)", output: Self.recorded("model.json"))
    }
  }

  func section(_ name: SectionName, _ language: Language = .english) -> WrittenSection {
    SectionBuilder(plan: plan, folder: folder, language: language).section(name)
  }

  func html(_ language: Language = .english) -> String {
    HTMLWriter(language: language)
      .page(SectionName.allCases.map { section($0, language) }, subtitle: "abc1234")
  }

  func markdown(_ language: Language = .english) -> String {
    MarkdownWriter(language: language)
      .text(SectionName.allCases.map { section($0, language) }, subtitle: "abc1234")
  }
}
