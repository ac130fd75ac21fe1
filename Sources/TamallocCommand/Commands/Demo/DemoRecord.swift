// SPDX-License-Identifier: MIT

internal import Pages

/// The demonstration's results, as `--json` writes them.
struct DemoRecord: Codable, Sendable, Hashable {
  var size: Int
  var pageSize: Int
  /// Who makes tamalloc's memory lazy: `mmap`, or `tamalloc system calls`.
  var engine: String
  /// Memory that was there to be committed when the demonstration began.
  var availableBytes: Int
  var allocators: [ContenderRecord]

  /// Whether everything that ran was right.
  var isCorrect: Bool {
    allocators.allSatisfy { $0.failure == nil && ($0.skipped != nil || $0.correct == true) }
  }
}

/// What one contender did.
struct ContenderRecord: Codable, Sendable, Hashable {
  var name: Contender
  /// Whether every byte that was checked was right; null where nothing was.
  var correct: Bool?
  var steps: [MeasuredStep] = []
  var fill: UInt8
  var verification: Verification?
  /// Steps that were not run, and why.
  var leftOut: [LeftOutStep] = []
  /// Why the contender did not run, and the same in figures where it would have committed too much.
  var skipped: String?
  var shortage: Shortage?
  /// Whether it was the allocator that gave no memory.
  var isRefused = false
  /// Why its process did not come to its end.
  var failure: String?

  init(name: Contender, fill: UInt8) {
    self.name = name
    self.fill = fill
  }

  private enum CodingKeys: String, CodingKey {
    case name, correct, steps, fill, verification, leftOut, skipped, shortage, failure
    case isRefused = "refused"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(correct, forKey: .correct)
    try container.encode(steps, forKey: .steps)
    try container.encode(fill, forKey: .fill)
    try container.encodeIfPresent(verification, forKey: .verification)
    if !leftOut.isEmpty { try container.encode(leftOut, forKey: .leftOut) }
    try container.encodeIfPresent(skipped, forKey: .skipped)
    try container.encodeIfPresent(shortage, forKey: .shortage)
    if isRefused { try container.encode(true, forKey: .isRefused) }
    try container.encodeIfPresent(failure, forKey: .failure)
  }

  /// Not all keys are there: those with a usual value are left out.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(Contender.self, forKey: .name)
    correct = try container.decodeIfPresent(Bool.self, forKey: .correct)
    steps = try container.decode([MeasuredStep].self, forKey: .steps)
    fill = try container.decode(UInt8.self, forKey: .fill)
    verification = try container.decodeIfPresent(Verification.self, forKey: .verification)
    leftOut = try container.decodeIfPresent([LeftOutStep].self, forKey: .leftOut) ?? []
    skipped = try container.decodeIfPresent(String.self, forKey: .skipped)
    shortage = try container.decodeIfPresent(Shortage.self, forKey: .shortage)
    isRefused = try container.decodeIfPresent(Bool.self, forKey: .isRefused) ?? false
    failure = try container.decodeIfPresent(String.self, forKey: .failure)
  }
}

/// What one step gained since before the allocation, and took by itself.
struct MeasuredStep: Codable, Sendable, Hashable {
  var name: String
  var virtualBytes: Int
  var residentBytes: Int
  var minorFaults: Int
  var seconds: Double

  /// The name of the step that touches a share of the pages.
  static func touching(_ share: Percentage) -> String { "touch \(share)" }
}

/// A step that would commit more than there is.
struct LeftOutStep: Codable, Sendable, Hashable {
  var name: String
  var reason: String
  var shortage: Shortage
}

/// Why something was not run: it would commit too much.
struct Shortage: Codable, Sendable, Hashable, CustomStringConvertible {
  /// What it would commit.
  var bytes: Int
  var availableBytes: Int
  /// What --touch takes to have it run all the same, where there is memory for it.
  var touch: String?

  var description: String {
    let wanted = ByteCount(bytes).rounded
    if let touch { return "would commit \(wanted) and take long; --touch \(touch) asks for it" }
    return "would commit \(wanted); \(ByteCount(availableBytes).rounded) are available"
  }
}

/// One line that a measuring process writes: exactly one of these is there.
struct MeasureLine: Codable, Sendable {
  var rehearsed: Bool?
  var step: MeasuredStep?
  var verification: Verification?
  var refused: String?
}
