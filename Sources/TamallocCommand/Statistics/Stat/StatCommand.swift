// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import ExportArguments
internal import Glibc
internal import MemoryStatistics

/// Reserved against committed memory, and who would be killed first, of every process and in total.
struct StatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stat",
    abstract: "Show what processes reserve and commit, and whom the kernel would kill first.",
    discussion: """
      Columns: \(Field.summaries).

      A rank of 1 is killed first when memory runs out. The ranks follow from the kernel's own \
      formula before it is rounded to a score; the kernel reads its counters less exactly, so that \
      processes within about 1 MiB of each other may change places.

      With --cgroup the ranks are those of the lowest memory limit on the group and those above it, \
      if there is one: of whom the kernel kills when that is reached. Where not all processes of the \
      machine are visible, in a container or with hidepid, ranks are an order among those that are.

      A dash stands for what may not be read; it is null in JSON and empty in CSV. In CSV the rank of \
      a process that is never killed is empty, too, and control characters are written as \\xNN.

      Processes that share one address space count once in the totals. /proc does not tell who does: \
      those that are likely to are compared. Orphans that share one within a crowd of more than four \
      equal programs are missed where others of the crowd stand between them; the system calls miss \
      none.

      Exit status: 0 processes were found, 1 none matched, 2 bad arguments, 3 the output could not \
      be written.
      """)

  @Argument(
    help: ArgumentHelp("Only these processes.", valueName: "pid"),
    completion: .shellCommand("pgrep ."))
  var pids: [Int32] = []

  @Option(help: ArgumentHelp("Order by a column, largest first.", valueName: "column"))
  var sort: Field = .committed

  @Flag(help: "Turn the order around.")
  var reverse = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Show only so many processes.", valueName: "count"))
  var top: Int?

  @OptionGroup var filterOptions: FilterOptions

  @Option(
    help: ArgumentHelp("Show these columns, such as pid,rank,name.", valueName: "columns"),
    transform: parseColumns)
  var columns: [Field]?

  @Flag(help: "Show only the totals, in MB.")
  var total = false

  @Flag(help: "Show children under their parents.")
  var tree = false

  @Flag(help: "Read PSS too, which divides shared pages by their users; takes longer.")
  var pss = false

  @Flag(help: "Print JSON Lines, an object a process; with --total one object.")
  var json = false

  @Flag(help: "Print comma-separated values, sizes in bytes.")
  var csv = false

  @Flag(exclusivity: .exclusive) var unit: UnitFlag?

  @OptionGroup var sourceOptions: SourceOptions

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv cannot be combined") }
    if total && csv { throw ValidationError("--total has no --csv: use --json") }
    if total && columns != nil { throw ValidationError("--total has no --columns") }
    if total && tree { throw ValidationError("--total has no --tree") }
    if tree && (json || csv) { throw ValidationError("--tree is for the table only") }
    if let top, top < 1 { throw ValidationError("--top \(top): at least 1 process is needed") }
    if let pid = pids.first(where: { $0 < 1 }) {
      throw ValidationError("'\(pid)' is not a process: they are numbered from 1")
    }
  }

  static func parseColumns(_ text: String) throws -> [Field] {
    let fields = try text.split(separator: ",", omittingEmptySubsequences: true).map { word in
      guard let field = Field(rawValue: String(word).trimmingSpaces.lowercased()) else {
        throw ValidationError("there is no column '\(word)'. \(Field.choice)")
      }
      return field
    }
    guard !fields.isEmpty else {
      throw ValidationError("there is no column in it. \(Field.choice)")
    }
    return fields
  }

  func run() throws {
    let filter = try filterOptions.filter(pids: pids)
    let needsGrowth = shownFields.contains(.growth) || sort == .growth
    // Two looks at files that stay open: a process that got another's pid has not grown.
    var source = try sourceOptions.openForCommand(period: needsGrowth ? 1 : nil)
    let selection = StatSelection(
      filter: filter, order: RowOrder(by: sort, isReversed: reverse), most: top,
      details: details, needsGrowth: needsGrowth, needsRank: needsRank)
    var names = UserNames()
    let found = try selection.take(from: &source, names: &names)
    if found.rows.isEmpty {
      let isLong = (filterOptions.name?.utf8.count ?? 0) > 15
      let hint = ": the kernel keeps 15 bytes of a name, and no program has such a longer one"
      throw Failure("no process matches\(isLong ? hint : "")")
    }
    try StandardOutput.write(text(of: found, isComplete: filter.isOpen, names: &names))
  }

  /// The columns of the table and of CSV.
  private var shownFields: [Field] {
    if let columns { return columns }
    var fields = Field.usual
    if pss, let place = fields.firstIndex(of: .swap) {
      fields.insert(contentsOf: [.pss, .uss], at: place)
    }
    if csv, let place = fields.firstIndex(of: .rank) { fields.insert(.killable, at: place + 1) }
    if filterOptions.cgroup != nil, let place = fields.firstIndex(of: .rank) {
      fields.insert(.machinerank, at: place + 1)
    }
    return fields
  }

  /// Whether anything that is shown tells a rank: then all processes are looked at.
  private var needsRank: Bool {
    let ranks: [Field] = [.rank, .machinerank]
    if ranks.contains(sort) { return true }
    if total { return false }
    return json && columns == nil || !ranks.allSatisfy { !shownFields.contains($0) }
  }

  private var details: ProcessDetails {
    var details: ProcessDetails = pss ? .proportional : []
    if !total { for field in shownFields { details.formUnion(field.details) } }
    return details.union(sort.details)
  }

  private func text(
    of found: StatSelection.Result, isComplete: Bool, names: inout UserNames
  ) -> String {
    if total {
      let unit = unit?.unit ?? .megabytes
      if !json {
        return TotalsText(unit: unit).lines(
          of: found.totals, machine: found.machine, isComplete: isComplete)
      }
      return StatisticsJSON.object(
        of: found.totals, machine: found.machine, origin: found.origin, isComplete: isComplete,
        isWholeMachine: found.isWholeMachine) + "\n"
    }
    if json {
      return found.rows.map { row in
        (columns.map { StatisticsJSON.object(of: row, fields: $0, names: &names) }
          ?? StatisticsJSON.object(of: row, details: details, names: &names)) + "\n"
      }.joined()
    }
    if csv { return StatisticsCSV.lines(of: found.rows, fields: shownFields, names: &names) }
    return table(of: found, isComplete: isComplete, names: &names)
  }

  private func table(
    of found: StatSelection.Result, isComplete: Bool, names: inout UserNames
  ) -> String {
    var table = StatisticsTable(
      fields: shownFields, unit: unit?.unit ?? .iec,
      width: Terminal.isOutput ? Terminal.columns : nil)
    // What was asked for by name stays.
    if columns == nil {
      let least: [Field] = [
        .score, .adjustment, .shared, .file, .anonymous, .swap, .user, .ratio, .machinerank, .rank,
        .reserved,
      ]
      table.expendable = least.filter { $0 != sort }
    }
    var rows = found.rows
    var branches: [String] = []
    if tree {
      let arranged = ProcessTree.arranged(rows)
      rows = arranged.map(\.process)
      branches = arranged.map(\.branches)
    }
    let lines = table.lines(of: rows, branches: branches, names: &names)
    var text = lines.text + "\n"
    text += TotalsText(unit: table.unit).lines(
      of: found.totals, machine: found.machine, isComplete: isComplete)
    var notes = needsRank ? found.ranking?.lines(unit: table.unit) ?? [] : []
    if !found.isWholeMachine && shownFields.contains(.rank) && found.ranking == nil {
      notes.append("RANK is an order among the processes that are visible here, not of the machine")
    }
    if lines.gaps > 0 {
      notes.append(
        "– can't be read for \(lines.gaps) of \(rows.count) processes: \(reason(of: rows))")
    }
    if !notes.isEmpty { text += "\n" + notes.joined(separator: "\n") + "\n" }
    return text
  }

  /// Why there are gaps, or who would see more.
  private func reason(of rows: [ProcessStatistics]) -> String {
    if geteuid() != 0 { return "ask as their user or as root" }
    return rows.lazy.compactMap(\.gapReason).first ?? "this source does not tell"
  }
}
