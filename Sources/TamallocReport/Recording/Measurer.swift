// SPDX-License-Identifier: MIT

internal import FoundationEssentials
internal import Glibc

/// Runs the steps without results, and keeps each result as soon as it exists.
struct Measurer {
  let folder: RecordingFolder
  let commit: String
  var progress: MeasuringBar
  /// Is called a few times a second while a command runs.
  var onTick: (Double) -> Void = { _ in }

  /// Runs what is missing.
  ///
  /// - Returns: the signal that ended it before its end, or nil.
  mutating func run(_ steps: [ReportStep]) throws -> Int32? {
    progress.begin(steps.map { (missing(of: $0).count, $0.expected) })
    for step in steps {
      for sample in missing(of: step) {
        guard isPrepared(step, among: steps) else {
          progress.skip(step.expected)
          continue
        }
        progress.start(step.name, sample: sample, of: step.samples, expected: step.expected)
        let (recording, signal) = record(step, sample)
        if let signal { return signal }
        try folder.save(recording)
        progress.finish(step.expected)
        // What failed once fails again; its other samples would only take time.
        if !recording.succeeded { break }
      }
    }
    return nil
  }

  /// The samples that have no recording that succeeded with this command and these sources.
  func missing(of step: ReportStep) -> [Int] {
    guard folder.holds(step.files) else { return Array(1...step.samples) }
    return (1...step.samples).filter { sample in
      guard let recording = folder.load(step.name, sample) else { return true }
      return !recording.succeeded || recording.command != step.command
        || recording.commit != commit
    }
  }

  private func isPrepared(_ step: ReportStep, among steps: [ReportStep]) -> Bool {
    steps.filter { step.needs.contains($0.name) }.allSatisfy { missing(of: $0).isEmpty }
  }

  private func record(_ step: ReportStep, _ sample: Int) -> (StepRecording, signal: Int32?) {
    let output = "\(folder.path)/running.out"
    let errors = "\(folder.path)/running.err"
    let began = Stopwatch.now()
    var recording = StepRecording(
      step: step.name, sample: sample, command: step.command, commit: commit,
      started: Date.now.formatted(.iso8601), seconds: 0, load: Self.load(), status: nil,
      ending: nil, output: "", errors: "")
    let ending = ChildRunner.run(step.command, output: output, errors: errors, limit: step.limit) {
      progress.tick($0)
      onTick($0)
    }
    recording.seconds = Stopwatch.now() - began
    switch ending {
    case .exited(let status): recording.status = status
    case .signalled(let number): recording.ending = .signal(number)
    case .timedOut: recording.ending = .timeLimit(Int(step.limit))
    case .interrupted(let number): return (recording, number)
    case .notStarted(let reason): recording.ending = .notStarted(reason)
    }
    recording.output = Self.text(output)
    recording.errors = String(Self.text(errors).suffix(4000))
    for path in [output, errors] { try? FileManager.default.removeItem(atPath: path) }
    return (recording, nil)
  }

  private static func text(_ path: String) -> String {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func load() -> String {
    // A file of /proc says that it is empty; Foundation asks before it reads.
    var loads = [0.0, 0.0, 0.0]
    guard unsafe getloadavg(&loads, 3) == 3 else { return "" }
    return loads.map { Figure(language: .english).decimal($0, digits: 2) }.joined(separator: " ")
  }
}
