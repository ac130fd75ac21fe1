// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Charts
internal import Laboratory

/// Replays one trace.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay a trace with one allocator or several, checked and timed.",
    discussion: """
      Every block is filled, and checked before it is freed and at the end; blocks may not overlap, \
      leave their page, or lie at no multiple of 8; pages may not leak. Times come from runs of their \
      own, without checks.

      penalty: the mean of (bytes of pages in use − bytes requested) / bytes requested, over the \
      events after which blocks are live. utilisation: bytes requested over bytes of pages in use, \
      over all events. A request that no page can hold gets nothing, which is no failure.

      Exit status: 0 all passed, 1 an allocator failed, 2 bad arguments or a malformed trace, 3 the \
      output could not be written.
      """)

  @Argument(
    help: ArgumentHelp("A trace, - for standard input.", valueName: "trace"), completion: .file())
  var trace: String

  @OptionGroup var options: ReplayOptions

  @Flag(help: "Check the allocators' own invariants after every event, which takes long.")
  var checkInvariants = false

  @Option(
    help: ArgumentHelp(
      "Write the bytes requested and allocated after each event, as kma_output.dat has them.",
      discussion: "Of several allocators, each has a file of its own: kma_output-buddy.dat.",
      valueName: "file"), completion: .file())
  var data: String?

  @Option(
    help: ArgumentHelp("Draw both over the events as SVG.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    var plan = options.plan()
    plan.checksInvariants = checkInvariants
    plan.startSeconds = Replay.processSeconds
    plan.keepsHistory = plot != nil
    let picture = try plot.map { path throws(Failure) in
      try ReplacedFile(path: path, option: "--plot")
    }
    let file = try InputFile(path: trace)
    let replay: Replay
    if let data {
      let files = try DataFiles(path: data, allocators: plan.allocators)
      replay = try file.replay(plan, data: files.sink)
      try files.finish()
    } else {
      replay = try file.replay(plan)
    }
    let record = ReplayRecord(replay, trace: file.name)
    if json {
      try StandardOutput.write(record: record)
    } else {
      try StandardOutput.write(lines: ReplayTable(record: record, width: Terminal.textWidth).lines)
    }
    try picture?.write(SVGChart().document(of: ReplayChart(replay, trace: file.name).grid))
    try record.requirePassed()
  }
}

extension ReplayRecord {
  /// Fails where an allocator did.
  func requirePassed() throws(Failure) {
    let failed = allocators.filter { !$0.passed }
    guard !failed.isEmpty else { return }
    throw Failure(
      failed.map { "\($0.name) failed on \(trace): \($0.failure ?? "")" }.joined(separator: "\n"))
  }
}
