// SPDX-License-Identifier: MIT

extension Recorded {
  /// `tamalloc demo --json` (DemoRecord).
  struct Demo: Decodable {
    struct Contender: Decodable {
      let name: String
      let correct: Bool?
      let steps: [Step]
      let skipped: String?
      let shortage: Shortage?
      let failure: String?

      /// Whether it is this library's memory.
      var isOurs: Bool { name.hasPrefix("tamalloc") }
    }
    struct Shortage: Decodable {
      let bytes, availableBytes: Int
    }
    struct Step: Decodable {
      let name: String
      let virtualBytes, residentBytes, minorFaults: Int
      let seconds: Double

      /// The share of pages that was touched when it ended, in percent.
      var share: Double {
        guard let word = name.split(separator: " ").last, word.hasSuffix("%") else { return 0 }
        return Double(word.dropLast()) ?? 0
      }
    }
    let size: Int
    let engine: String
    let allocators: [Contender]
  }
}

/// Several runs of the demonstration.
struct DemoRuns {
  let runs: [Recorded.Demo]

  init(_ recordings: [StepRecording]) {
    runs = recordings.compactMap { $0.decoded(as: Recorded.Demo.self) }
  }

  var names: [String] { runs.first?.allocators.map(\.name) ?? [] }

  var stepNames: [String] {
    var names: [String] = []
    for step in runs.flatMap({ $0.allocators.flatMap(\.steps) }) where !names.contains(step.name) {
      names.append(step.name)
    }
    return names
  }

  func contenders(_ name: String) -> [Recorded.Demo.Contender] {
    runs.flatMap(\.allocators).filter { $0.name == name }
  }

  func isOurs(_ name: String) -> Bool { contenders(name).contains { $0.isOurs } }

  /// A figure of a step, over all runs.
  func spread(
    _ name: String, _ step: String, _ figure: (Recorded.Demo.Step) -> Double
  ) -> Spread? {
    Spread(contenders(name).flatMap(\.steps).filter { $0.name == step }.map(figure))
  }

  /// What a page fault took: of all steps that touched a hundred pages and more, in each run.
  func faultCost(_ name: String) -> Spread? {
    Spread(
      contenders(name).compactMap { contender in
        let steps = contender.steps.dropFirst().filter { $0.minorFaults >= 100 }
        let faults = steps.reduce(0) { $0 + $1.minorFaults }
        return faults > 0 ? steps.reduce(0) { $0 + $1.seconds } / Double(faults) * 1e9 : nil
      })
  }
}
