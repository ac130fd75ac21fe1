// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import FoundationEssentials
internal import Laboratory

/// Replays several traces and sets the allocators side by side.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set the allocators side by side on several traces, as tables and as a page.",
    discussion: """
      The page of --report stands alone, without a network: a scoreboard, requested against allocated \
      bytes and waste over events, latencies by percentile, and a map of the page frames that plays \
      the trace with all allocators side by side.

      Exit status: as of lab replay.
      """)

  @Argument(
    help: ArgumentHelp("Traces, - for standard input.", valueName: "trace"), completion: .file())
  var traces: [String]

  @OptionGroup var options: ReplayOptions

  @Option(
    help: ArgumentHelp("Write the page.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @Flag(help: "Print JSON: an object whose traces are as lab replay prints them.")
  var json = false

  func run() throws {
    let start = Replay.processSeconds
    var plan = options.plan()
    plan.startSeconds = start
    plan.keepsHistory = report != nil
    let page = try report.map { path throws(Failure) in
      try ReplacedFile(path: path, option: "--report")
    }
    var records: [ReplayRecord] = []
    var pictures: [TracePicture] = []
    for path in traces {
      let file = try InputFile(path: path)
      let replay = try file.replay(plan)
      records.append(ReplayRecord(replay, trace: file.name))
      if page != nil { pictures.append(TracePicture(replay, trace: file.name)) }
    }
    if json {
      try StandardOutput.write(record: ["traces": records])
    } else {
      try StandardOutput.write(lines: Scoreboard(records: records).lines(width: Terminal.textWidth))
    }
    if let page {
      let data = try JSONEncoder().encode(Comparison(traces: pictures))
      try page.write(ReportPage.html(data: String(decoding: data, as: UTF8.self)))
    }
    for record in records { try record.requirePassed() }
  }
}
