// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import FoundationEssentials
internal import Pages
internal import Tamalloc

/// The process that measures one contender for ``DemoCommand``, one line of JSON a step.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo-measure",
    abstract: "Measures one allocator in this process (started by demo).", shouldDisplay: false)

  @Option var contender: Contender
  @Option(transform: SizeArgument.parse) var size: ByteCount
  @Option(transform: FillByte.parse) var fill: UInt8
  @Option(transform: MeasureCommand.shares) var touch: [Percentage] = []
  @Option var pause: UInt32 = 0
  /// The process that started this one, which must not outlive it; 0 for no such bond.
  @Option var parent: Int32 = 0
  @Flag var sparse = false

  /// Like a list of percentages, but may be empty.
  private static func shares(_ text: String) throws -> [Percentage] {
    text.isEmpty ? [] : try Percentage.parseList(text)
  }

  func run() throws {
    if parent != 0 {
      guard SpawnedProcess.endsWithParent(parent) else {
        throw ExitCode(ExitStatus.failure.rawValue)
      }
    }
    let measurement = Measurement(
      layout: Layout(size: size, pageSize: LazyMemory.pageSize, fill: fill), shares: touch,
      isSparse: sparse, pause: pause)
    let encoder = JSONEncoder()
    do {
      var rehearsed = ""
      try measurement.rehearse(contender) { rehearsed += try Self.line(for: $0, encoder) }
      try StandardOutput.write(Self.line(MeasureLine(rehearsed: true), encoder))
      try measurement.run(contender) { event in
        try StandardOutput.write(Self.line(for: event, encoder))
      }
    } catch let refusal as Refusal {
      try StandardOutput.write(Self.line(MeasureLine(refused: refusal.reason), encoder))
    }
  }

  private static func line(
    for event: Measurement.Event, _ encoder: JSONEncoder
  ) throws -> String {
    switch event {
    case .step(let step): try line(MeasureLine(step: step), encoder)
    case .verification(let result): try line(MeasureLine(verification: result), encoder)
    }
  }

  private static func line(_ line: MeasureLine, _ encoder: JSONEncoder) throws -> String {
    String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }
}
