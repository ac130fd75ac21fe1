// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import MachineScript
internal import PhysicalMemory

/// Builds a machine, runs a script on it, and shows it.
struct MachineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Build a model of a computer's memory, run a script on it, and look at it.",
    discussion: """
      A script says what is done, a statement a line: alloc buffers 3 GFP_KERNEL count 10. What a \
      script expects is checked, so that it is a test too. Its first line may describe the machine; \
      options win. Where nothing is to be run, shown or written, the zones are shown at a glance.

      Exit status: 0 all is well, 1 the machine refused or did not do what the script expects, 2 bad \
      arguments or a malformed script, 3 the output could not be written.
      """)

  @OptionGroup var machine: MachineOptions

  @Option(
    help: ArgumentHelp(
      "Show these at the end, in Linux's formats, with commas between them.",
      discussion: "Names: \(Self.viewNames).", valueName: "views"), transform: Self.parseViews)
  var show: [MachineView] = []

  @Option(
    help: ArgumentHelp(
      "Write every view as a file into a folder, as /proc has them.",
      discussion: "What /sys says of nodes goes to sys/devices/system/node in it.",
      valueName: "folder"),
    completion: .directory)
  var procfs: String?

  @Option(
    help: ArgumentHelp(
      "Write a page that plays the frames' states over the script.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @Flag(
    help: ArgumentHelp(
      "Print the machine as JSON: zones, slab caches, processes, what happened.",
      discussion: "What the script shows is part of it."))
  var json = false

  static let viewNames = MachineView.allCases.map(\.rawValue).joined(separator: ", ")

  static func parseViews(_ text: String) throws -> [MachineView] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let view = MachineView(rawValue: String(name)) else {
        throw ValidationError("there is no view '\(name)': there are \(viewNames)")
      }
      return view
    }
  }

  func validate() throws {
    guard !json || show.isEmpty else {
      throw ValidationError("--json and --show exclude each other")
    }
  }

  func run() throws {
    let page = try report.map { path throws(Failure) in
      try ReplacedFile(path: path, option: "--report")
    }
    let history = MachineHistory()
    var failure: Failure?
    let shown = Shown()
    let run = try machine.run(
      failure: &failure,
      sink: { text in
        shown.isEmpty = false
        if json { shown.text += text } else { try StandardOutput.write(text) }
      },
      observer: { if page != nil { history.look(at: $0) } })
    for view in show { try StandardOutput.write(view.text(of: run.machine)) }
    if let procfs { try OutputFolder(path: procfs, option: "--procfs").write(run.machine) }
    if let page {
      history.finish(run)
      try page.write(MachinePicture(history, of: run.machine).html())
    }
    if json {
      let record = MachineRecord(run, shown: shown.text, failure: failure?.message)
      try StandardOutput.write(record: record)
    }
    if let failure { throw failure }
    if json { return }
    if machine.script == nil, show.isEmpty, procfs == nil, report == nil {
      return try StandardOutput.write(
        lines: MachineTable(run.machine).lines(width: Terminal.textWidth))
    }
    guard show.isEmpty else { return }
    let ran = run.steps == 1 ? "1 statement run" : "\(run.steps) statements run"
    if run.expectations > 0 {
      let count = run.expectations
      let held = count == 1 ? "1 expectation held" : "\(count) expectations held"
      try StandardOutput.write("\(held), \(ran)\n")
    } else if shown.isEmpty, procfs == nil, report == nil {
      try StandardOutput.write("\(ran); it expects nothing and shows nothing\n")
    }
  }
}

/// What a script showed.
private final class Shown {
  var text = ""
  var isEmpty = true
}

extension OutputFolder {
  /// Writes a machine's views as files: buddyinfo, …, status of each process in a folder with its number,
  /// and what /sys says of nodes.
  func write(_ machine: borrowing Machine) throws(Failure) {
    for view in MachineView.allCases where view != .status {
      try write(view.text(of: machine), to: view.rawValue)
    }
    for process in machine.allProcesses {
      guard let status = try? machine.status(of: process.number) else { continue }
      try folder("\(process.number)").write(status, to: "status")
    }
    var nodes = self
    for part in ["sys", "devices", "system", "node"] { nodes = try nodes.folder(part) }
    for number in 0..<machine.nodeCount {
      let node = NodeNumber(number)
      guard let meminfo = try? machine.nodeMeminfo(of: node),
        let numastat = try? machine.numastat(of: node)
      else { continue }
      let folder = try nodes.folder("node\(node)")
      try folder.write(meminfo, to: "meminfo")
      try folder.write(numastat, to: "numastat")
    }
  }
}
