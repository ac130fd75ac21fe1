// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Charts
internal import Pages
internal import Tamalloc

/// Shows what lazily committed memory costs, beside malloc with memset, calloc and mmap.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Compare tamalloc with malloc + memset, calloc and mmap as their pages are touched.",
    discussion: """
      Each allocator runs in a process of its own. It allocates, then writes one byte into 1%, 10%, \
      50% and 100% of the pages, evenly spread; at the end every byte is checked. Shown is what the \
      process gained since before the allocation, with the page faults and the time of each step. \
      Steps that the machine has no memory for are left out, and the check is then a sample.
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much to allocate: 512K, 1GiB, 1.5G, 1e9, 4096.",
      discussion: "K, M, G, T and KiB, MiB… count in 1,024s; kB, MB, GB, TB in 1,000s."),
    transform: SizeArgument.parse)
  var size = ByteCount.gibibytes(1)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The byte of malloc+memset and tamalloc-fill: 0 to 255, or 0x00 to 0xFF. (default: 0xA5)",
      discussion: "The other rows hold zeros.", valueName: "byte"),
    transform: FillByte.parse)
  var fill: UInt8 = 0xA5

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The shares of pages to touch, one step each: 1%,10%. (default: 1%,10%,50%,100%)",
      valueName: "percents"),
    transform: Percentage.parseList)
  var touch: [Percentage]?

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: ArgumentHelp("Write the chart as SVG.", valueName: "file.svg"))
  var plot: String?

  @Flag(help: "Step slowly and print each process's id, to follow it in another tool.")
  var watch = false

  func run() throws {
    let file = try plot.map { path throws(Failure) in try ReplacedFile(path: path, option: "--plot")
    }
    if watch {
      Terminal.complain(
        "Follow a process with: watch -n 0.5 grep -E 'Vm(Size|RSS)|Rss' /proc/PID/status")
    }
    let report = try Demonstration(
      size: size, fill: fill, shares: touch, pause: watch ? 2 : 0, showsProgress: Terminal.isError
    ).run()
    if json {
      try StandardOutput.write(record: report)
    } else {
      try StandardOutput.write(text(of: report))
    }
    try file?.write(SVGChart().document(of: DemoChart(report: report).grid))
    if !report.isCorrect { throw Failure(complaint(on: report)) }
  }

  private func text(of report: DemoRecord) -> String {
    let width = Terminal.textWidth
    let title =
      "\(size) in pages of \(ByteCount(report.pageSize)): what each process gained since before it "
      + "allocated (tamalloc by \(report.engine))"
    var lines = Paragraph.lines(of: title, width: width) + [""]
    lines += DemoTable(report: report, width: width).lines
    if Terminal.isOutput {
      let chart = TerminalChart(width: width, height: 8, colored: Terminal.isColored)
      lines += [""] + chart.lines(of: DemoChart(report: report).grid)
    }
    let sentences = DemoFindings(report: report).sentences
    if !sentences.isEmpty { lines.append("") }
    for sentence in sentences {
      lines += Paragraph.lines(of: sentence, width: min(width, 100), mark: "• ")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func complaint(on report: DemoRecord) -> String {
    report.allocators.compactMap { contender in
      if let reason = contender.failure { return "\(contender.name.rawValue): \(reason)" }
      guard contender.correct == false, let check = contender.verification else { return nil }
      return "\(contender.name.rawValue): wrong bytes in \(check.wrongPages) pages"
    }.joined(separator: "; ")
  }
}
