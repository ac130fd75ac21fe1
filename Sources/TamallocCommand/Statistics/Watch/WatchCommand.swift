// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import ExportArguments
internal import CTamalloc
internal import Charts
internal import Glibc
internal import MemoryStatistics
internal import Pages

/// Follows one process's reserved and committed memory.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Chart what one process reserves and commits over time.",
    discussion: """
      Follows a process until it ends, Ctrl-C is pressed or --for is over; or starts a command, \
      follows it with all of its descendants and exits with its status (128 and the signal where it \
      was killed). On a terminal the chart of a process grows as you watch.

      What is said of a command goes to standard error, since standard output is the command's own.
      """)

  @Argument(
    help: ArgumentHelp("The process to follow.", valueName: "pid"),
    completion: .shellCommand("pgrep ."))
  var pid: Int32?

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The command to start.", valueName: "command"),
    completion: .file())
  var command: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds between two looks, 0.001 at least (default: 0.5, for a command 0.05).",
      valueName: "seconds"))
  var interval: Double?

  @Option(
    name: .customLong("for"), parsing: .unconditional,
    help: ArgumentHelp("End after so long.", valueName: "seconds"))
  var duration: Double?

  @Flag(help: "Print JSON Lines, an object a look, instead of the chart.")
  var json = false

  @Option(help: ArgumentHelp("Write the chart as SVG.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup var sourceOptions: SourceOptions

  func validate() throws {
    if (pid == nil) == command.isEmpty {
      throw ValidationError("name a process, or a command: tamalloc watch -- COMMAND")
    }
    if let pid, pid < 1 { throw ValidationError("'\(pid)' is not a process") }
    if let interval, !(interval >= 0.001 && interval <= 86_400) {
      throw ValidationError("--interval takes 0.001 to 86400 seconds")
    }
    if let duration, !(duration > 0 && duration <= 1e9) {
      throw ValidationError("--for takes more than 0 seconds")
    }
    if duration != nil && !command.isEmpty {
      throw ValidationError("--for is for processes: a command is followed to its end")
    }
  }

  func run() throws {
    let file = try plot.map { path throws(Failure) in try ReplacedFile(path: path, option: "--plot")
    }
    var source = try sourceOptions.openForCommand(
      period: command.isEmpty ? nil : LiveProcfsSource.usualPeriod)
    var history = MemoryHistory()
    if command.isEmpty {
      let name = try follow(ProcessIdentifier(pid ?? 0), from: &source, into: &history)
      try file?.write(SVGChart().document(of: history.chart(of: name)))
      return
    }
    let status = try follow(command, from: &source, into: &history)
    try file?.write(SVGChart().document(of: history.chart(of: Self.title(of: command))))
    Glibc.exit(status)
  }

  // MARK: A process

  /// Follows a process to the end; returns its title.
  private func follow(
    _ pid: ProcessIdentifier, from source: inout any StatisticsSource & ~Copyable,
    into history: inout MemoryHistory
  ) throws -> String {
    var timer = WatchTimer(interval: interval ?? 0.5, signals: [SIGINT, SIGTERM])
    // A number of a folder that is not the kernel's is nobody's here.
    let handle = ProcessHandle(sourceOptions.fixture == nil ? pid.rawValue : nil)
    guard var row = try look(at: pid, &source) else {
      throw Failure("there is no process \(pid)")
    }
    guard row.addressSpace != .absent else {
      throw Failure("process \(pid) has no memory of its own")
    }
    let title = "\(DisplayText.safe(row.name ?? "process")) (\(pid))"
    var picture = GrowingPicture(isShown: Terminal.isOutput && !Terminal.isDumb && !json)
    var isLast = false
    while true {
      try record(row, at: timer.elapsed, into: &history)
      try picture.show {
        chartLines(history, title, Terminal.columns, Terminal.rows, Terminal.isColored)
      }
      if isLast { break }
      let signal = timer.wait()
      if signal != nil { break }
      isLast = duration.map { timer.elapsed >= $0 } ?? false
      guard let next = try look(at: pid, &source), next.addressSpace == .present else { break }
      // If it is over now, the number may have been another process's before.
      if handle.hasEnded { break }
      row = next
    }
    if !picture.isShown && !json {
      let lines = chartLines(history, title, 80, nil, false)
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
    return title
  }

  // MARK: A command

  /// Starts and follows a command; returns its status.
  private func follow(
    _ arguments: [String], from source: inout any StatisticsSource & ~Copyable,
    into history: inout MemoryHistory
  ) throws -> Int32 {
    var timer = WatchTimer(interval: interval ?? 0.05, signals: [SIGCHLD, SIGTERM, SIGHUP])
    Descendants.adoptOrphans()
    var process = try SpawnedProcess(arguments)
    let pid = ProcessIdentifier(process.pid)
    var descendants = Descendants(of: pid)
    while true {
      let totals = TotalStatistics(of: descendants.rows(of: try look(&source)))
      // Before exec and after exit there is nobody with memory.
      if totals.addressSpaces > 0 { try record(totals, of: pid, at: timer.elapsed, into: &history) }
      if process.hasEnded() { break }
      process.reapOrphans()
      if let signal = timer.wait(), signal != SIGCHLD { process.send(signal) }
    }
    let title = Self.title(of: arguments)
    if !json {
      let columns = Terminal.isError ? Terminal.columns : 80
      let isColored = Terminal.isColored && Terminal.isError
      for line in chartLines(history, title, columns, nil, isColored) {
        Terminal.complain(line)
      }
      let time = (timer.elapsed * 1000).rounded() / 1000
      // A peak between two looks is known to the kernel alone, of each process by itself.
      let peak = process.peakCommittedBytes.map {
        ", largest single process by the kernel's count \(ByteCount($0))"
      }
      Terminal.complain("\(time) s\(peak ?? "")")
    }
    return process.status ?? 1
  }

  /// A command line, as much as a chart has room for.
  private static func title(of arguments: [String]) -> String {
    DisplayText.prefix(DisplayText.safe(arguments.joined(separator: " ")), columns: 72)
  }

  // MARK: Looks

  private func look(
    at pid: ProcessIdentifier, _ source: inout any StatisticsSource & ~Copyable
  ) throws -> ProcessStatistics? {
    do throws(StatisticsError) {
      return try source.process(pid)
    } catch {
      throw Failure(error)
    }
  }

  private func look(_ source: inout any StatisticsSource & ~Copyable) throws -> Snapshot {
    do throws(StatisticsError) {
      return try source.snapshot()
    } catch {
      throw Failure(error)
    }
  }

  private func record(
    _ totals: TotalStatistics, of pid: ProcessIdentifier, at seconds: Double,
    into history: inout MemoryHistory
  ) throws {
    history.add(
      .init(seconds: seconds, reserved: totals.reserved, committed: totals.committed))
    guard json else { return }
    let line = StatisticsJSON.object(of: totals, command: pid, seconds: seconds) + "\n"
    try StandardOutput.write(line, to: STDERR_FILENO, name: "standard error")
  }

  private func record(
    _ row: ProcessStatistics, at seconds: Double, into history: inout MemoryHistory
  ) throws {
    guard let reserved = row.reserved, let committed = row.committed else { return }
    history.add(.init(seconds: seconds, reserved: reserved, committed: committed))
    guard json else { return }
    try StandardOutput.write(StatisticsJSON.object(of: row, seconds: seconds) + "\n")
  }

  /// The chart, in at most so many rows of a terminal that has the cursor in one more.
  private func chartLines(
    _ history: MemoryHistory, _ title: String, _ columns: Int, _ rows: Int?, _ isColored: Bool
  ) -> [String] {
    let chart = history.chart(of: title)
    var height = 10
    func lines() -> [String] {
      var lines = TerminalChart(width: min(columns - 1, 100), height: height, colored: isColored)
        .lines(of: chart)
      // The rest is as wide as it was told to be.
      for index in lines.indices.prefix(2) {
        lines[index] = DisplayText.prefix(lines[index], columns: columns - 1)
      }
      return lines
    }
    let room = (rows ?? .max) - 1
    var drawn = lines()
    while drawn.count > room, height > 2 {
      height -= 1
      drawn = lines()
    }
    if drawn.count <= room && columns > 24 { return drawn }
    let now = "committed \(history.last?.committed ?? 0)  \(title)"
    return [DisplayText.prefix(now, columns: columns - 1)]
  }
}
