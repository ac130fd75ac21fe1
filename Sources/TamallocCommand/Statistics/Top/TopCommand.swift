// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import CTamalloc
internal import ExportArguments
internal import Glibc
internal import MemoryStatistics

/// The live view of processes.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Watch reserved and committed memory of all processes, live.",
    discussion: """
      Keys: M, V, P, N, T and O order by committed, reserved, their ratio, pid, growth and who is \
      killed first; u and / filter by user and name; t shows the tree, e changes the unit, space \
      pauses, ? helps, q quits.

      Reserved and committed are of the moment; what changes rarely is read at least every sixteenth \
      time.
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds between two looks, 0.1 at least.", valueName: "seconds"))
  var interval = 1.0

  @Option(help: ArgumentHelp("Order by a column.", valueName: "column"))
  var sort: Field = .committed

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Quit after so many looks.", valueName: "count"))
  var count: Int?

  @OptionGroup var filterOptions: FilterOptions

  @Flag(exclusivity: .exclusive) var unit: UnitFlag?

  @OptionGroup var sourceOptions: SourceOptions

  func validate() throws {
    guard interval >= 0.1, interval <= 86_400 else {
      throw ValidationError("--interval takes 0.1 to 86400 seconds")
    }
    if let count, count < 1 { throw ValidationError("--count needs at least 1") }
    guard sort.details.subtracting(.status).isEmpty else {
      throw ValidationError("top can't order by \(sort.rawValue): stat can")
    }
  }

  func run() throws {
    var state = TopState(order: RowOrder(by: sort), unit: unit?.unit ?? .iec)
    state.filter = try filterOptions.filter()
    state.userText = filterOptions.user ?? ""
    state.nameText = filterOptions.name ?? ""
    if Terminal.isDumb {
      throw Failure(
        "top needs a terminal that can be drawn over, and TERM is dumb: use tamalloc stat",
        status: .usage)
    }
    var source = try sourceOptions.openForCommand(period: LiveProcfsSource.usualPeriod)
    // The first look is taken before the screen is, so that its errors are said where they stay.
    let first = try look(&source, since: nil, filter: state.filter)
    let terminal = try RawTerminal()
    let ending: Ending
    do {
      ending = try watch(&source, from: first, on: terminal, state: &state)
      terminal.leave()
    } catch {
      terminal.leave()
      throw error
    }
    if case .signal(let signal) = ending { terminal.end(by: signal) }
  }

  /// Why the view ended.
  private enum Ending {
    case quit
    case signal(Int32)
  }

  private func watch(
    _ source: inout any StatisticsSource & ~Copyable, from first: Snapshot,
    on terminal: RawTerminal, state: inout TopState
  ) throws -> Ending {
    let view = TopView(isColored: Terminal.isColored, interval: interval)
    // Nobody waits for a directory server: numbers are shown until names are known.
    var names = UserNames(isPatient: false)
    var screen = Screen()
    var snapshot = first
    var looks = 1
    var due = snapshot.time + nanoseconds
    func draw() throws {
      let (rows, columns) = terminal.size
      let lines = view.lines(
        of: snapshot, state: &state, names: &names, rows: rows, columns: columns)
      try StandardOutput.write(screen.update(to: lines, rows: rows, columns: columns))
    }
    try draw()
    while true {
      let wait = state.isPaused ? -1 : max((due - Self.now + 999_999) / 1_000_000, 0)
      switch terminal.next(timeout: Int32(clamping: wait)) {
      case .keys(let bytes):
        for key in Key.keys(in: bytes) {
          if state.press(key, page: terminal.size.rows - TopView.headerLines - 1) == .quit {
            return .quit
          }
        }
        try draw()
      case .resized: try draw()
      case .continued:
        screen.invalidate()
        try draw()
      case .ended(let signal): return .signal(signal)
      case .closed: return .quit
      case .timeout:
        guard !state.isPaused, Self.now >= due else { continue }
        if let count, looks >= count { return .quit }
        looks += 1
        snapshot = try look(&source, since: snapshot, filter: state.filter)
        names.refresh()
        // A look that came late is not made up for.
        due = max(due + nanoseconds, Self.now + nanoseconds / 2)
        try draw()
      }
    }
  }

  private func look(
    _ source: inout any StatisticsSource & ~Copyable, since earlier: Snapshot?,
    filter: ProcessFilter
  ) throws -> Snapshot {
    do throws(StatisticsError) {
      var snapshot = try source.snapshot()
      if let earlier { snapshot.noteGrowth(since: earlier) }
      if !filter.details.isEmpty {
        for index in snapshot.processes.indices {
          source.read(filter.details, into: &snapshot.processes[index])
        }
      }
      _ = CgroupRanking(
        of: filter.cgroup, in: &snapshot.processes, machine: snapshot.machine, source: &source)
      return snapshot
    } catch {
      throw Failure(error)
    }
  }

  private var nanoseconds: Int { Int(interval * 1e9) }

  private static var now: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
