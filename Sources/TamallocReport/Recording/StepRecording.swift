// SPDX-License-Identifier: MIT

internal import FoundationEssentials

/// What kept a command from its own end.
enum Interruption: Codable, Hashable, Sendable {
  case signal(Int32)
  /// Seconds that it was given.
  case timeLimit(Int)
  /// Why it could not be started, in the system's words.
  case notStarted(String)
}

/// The result of running a command once: all that the report knows of it.
struct StepRecording: Codable, Sendable, Hashable {
  var step: String
  /// 1 for the first.
  var sample: Int
  var command: [String]
  /// The sources that it ran with, as git names them.
  var commit: String
  var started: String
  var seconds: Double
  /// The machine's load when it began.
  var load: String
  /// The exit status; nil where a signal or the time limit ended it.
  var status: Int32?
  /// Why there is no exit status.
  var ending: Interruption?
  var output: String
  /// The end of its standard error.
  var errors: String

  var succeeded: Bool { status == 0 }

  var line: String { command.map(ReportStep.quoted).joined(separator: " ") }

  /// Why it failed, in a line.
  func failure(_ language: Language) -> String {
    let last = errors.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
    let reason =
      switch ending {
      case .signal(let number): Phrase.signalled.text(language, "\(number)")
      case .timeLimit(let seconds): Phrase.timedOut.text(language, "\(seconds)")
      case .notStarted(let reason): Phrase.notStarted.text(language, reason)
      case nil: Phrase.exitStatus.text(language, "\(status ?? -1)")
      }
    return reason + last
  }

  /// The JSON values in the output, one a line.
  func lines<Value: Decodable>(as type: Value.Type) -> [Value] {
    output.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(type, from: Data($0.utf8))
    }
  }

  /// The first JSON value in the output: a machine's console has lines around it.
  func decoded<Value: Decodable>(as type: Value.Type) -> Value? {
    guard let start = output.firstIndex(where: { $0 == "{" || $0 == "[" }) else { return nil }
    let closing: Character = output[start] == "{" ? "}" : "]"
    guard let end = output.lastIndex(of: closing), end > start else { return nil }
    return try? JSONDecoder().decode(type, from: Data(output[start...end].utf8))
  }
}

/// The folder of all recordings: a file for each, written when its command has ended.
struct RecordingFolder: Sendable {
  let path: String

  func file(_ step: String, _ sample: Int) -> String { "\(path)/\(step)-\(sample).json" }

  /// - Throws: what the file system says.
  func save(_ recording: StepRecording) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(recording)
    try data.write(to: URL(filePath: file(recording.step, recording.sample)), options: .atomic)
  }

  func load(_ step: String, _ sample: Int) -> StepRecording? {
    guard let data = try? Data(contentsOf: URL(filePath: file(step, sample))) else { return nil }
    return try? JSONDecoder().decode(StepRecording.self, from: data)
  }

  /// Every recording of a step that belongs to its command.
  func recordings(of step: ReportStep) -> [StepRecording] {
    (1...max(step.samples, 1)).compactMap { load(step.name, $0) }.filter {
      $0.command == step.command
    }
  }

  /// Removes the recordings of some steps.
  func forget(_ steps: [ReportStep]) throws {
    for step in steps {
      for sample in 1...step.samples {
        let path = file(step.name, sample)
        guard FileManager.default.fileExists(atPath: path) else { continue }
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  /// A file that a step left.
  func text(of file: String) -> String? {
    (try? Data(contentsOf: URL(filePath: "\(path)/\(file)"))).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func holds(_ files: [String]) -> Bool {
    files.allSatisfy { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
  }
}
