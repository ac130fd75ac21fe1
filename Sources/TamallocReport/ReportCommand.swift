// SPDX-License-Identifier: MIT

// The report is made in two phases that share only a folder of recordings: measuring runs the commands without
// results and keeps each result as it comes; writing makes the pages from the recordings. An interruption
// loses no more than the command that was running.
//
//     ReportPlan ─▶ Measurer ─▶ RecordingFolder ─▶ SectionBuilder ─▶ HTMLWriter, MarkdownWriter
//      (steps)     (children)      (files)             (blocks)              (pages)

internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// Measures Tamalloc on this machine, and writes a report of it.
@main
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tamalloc-report",
    abstract: "Measure Tamalloc on this machine, and write report.html and report.md.",
    discussion: """
      Runs the commands of a checkout, which it looks for here and above. The result of each command is \
      kept as it comes: after an interruption a second run goes on, and measures only what is missing for \
      the sources as they are. A section that can't run says why.

      Exit status: 0 all was measured, 1 something could not be, 2 bad arguments, 3 the report could not \
      be written, 130 interrupted; the report is written in any case.
      """)

  @Option(
    name: .customLong("section"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only these sections.",
      discussion: "There are: " + SectionName.allCases.map(\.rawValue).joined(separator: ", ")
        + ".",
      valueName: "names"))
  var sections: [SectionName] = SectionName.allCases

  @Option(help: ArgumentHelp("The language of the texts.", valueName: "en|es"))
  var language = Language.english

  @Flag(help: "Small sizes and few samples, and nothing that needs a long build.")
  var quick = false

  @Flag(help: "Measure everything again.")
  var fresh = false

  @Flag(help: "Measure nothing: write the report from what there is.")
  var writeOnly = false

  @Flag(help: "Print the commands that would be run, and run none.")
  var list = false

  @Option(help: ArgumentHelp("Where report.html and report.md go.", valueName: "folder"))
  var output = "."

  func run() throws {
    let target = URL(filePath: output).path()
    let checkout = try Checkout.enter()
    let work = ".build/report" + (quick ? "-quick" : "")
    let plan = ReportPlan(isQuick: quick, folder: work)
    let chosen = SectionName.allCases.filter { sections.contains($0) }
    // The machine is described in every report.
    let steps = plan.steps(of: [.machine] + chosen)
    if list {
      for step in steps { print(step.line) }
      return
    }
    try makeFolders(target, work)
    let folder = RecordingFolder(path: work)
    if fresh { try folder.forget(steps) }

    var signal: Int32?
    var incomplete: [ReportStep] = []
    if !writeOnly {
      ChildRunner.blockSignals()
      var measurer = Measurer(folder: folder, commit: checkout.commit, progress: MeasuringBar())
      signal = try measurer.run(steps)
      measurer.progress.clear()
      incomplete = steps.filter { !measurer.missing(of: $0).isEmpty }
    }
    try write(plan, folder, chosen, checkout, to: target)
    if let signal {
      StandardError.complain(
        "interrupted: what was measured is kept, and the next run goes on from there")
      throw ExitCode(128 + signal)
    }
    for step in incomplete { StandardError.complain("not measured: \(step.line)") }
    if !incomplete.isEmpty { throw ExitCode(1) }
  }

  private func makeFolders(_ folders: String...) throws {
    for folder in folders {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        StandardError.complain("\(folder) can't be made: \(error)")
        throw ExitCode(3)
      }
    }
  }

  private func write(
    _ plan: ReportPlan, _ folder: RecordingFolder, _ chosen: [SectionName], _ checkout: Checkout,
    to target: String
  ) throws {
    let builder = SectionBuilder(plan: plan, folder: folder, language: language)
    let written = chosen.map { builder.section($0) }
    var subtitle =
      "\(Phrase.subtitle.text(language)) \(Date.now.formatted(.iso8601)), \(checkout.commit)."
    if quick { subtitle += " " + Phrase.quickRun.text(language) }
    let pages = [
      ("report.html", HTMLWriter(language: language).page(written, subtitle: subtitle)),
      ("report.md", MarkdownWriter(language: language).text(written, subtitle: subtitle)),
    ]
    for (name, text) in pages {
      let path = URL(filePath: target).appending(path: name)
      do {
        try Data(text.utf8).write(to: path, options: .atomic)
        print(path.path())
      } catch {
        StandardError.complain("\(path.path()) can't be written: \(error)")
        throw ExitCode(3)
      }
    }
  }
}
