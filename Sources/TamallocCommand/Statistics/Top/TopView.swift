// SPDX-License-Identifier: MIT

internal import MemoryStatistics
internal import Pages

/// Draws a snapshot as the person asked for it.
struct TopView {
  var isColored: Bool
  var interval: Double

  /// The lines before the rows.
  static let headerLines = 6

  /// The lines of the screen, `rows` of them at most; brings the scroll position into its bounds.
  func lines(
    of snapshot: Snapshot, state: inout TopState, names: inout UserNames, rows: Int, columns: Int
  ) -> [String] {
    if state.isHelpShown { return help(columns: columns) }
    let processes = snapshot.processes
    let isComplete = state.filter.isOpen
    let chosen =
      isComplete
      ? Array(processes.indices)
      : processes.indices.filter { index in
        state.filter.passes(processes[index]) && state.filter.passesCgroup(processes[index])
      }
    let totals =
      isComplete ? snapshot.totals : TotalStatistics(of: chosen.lazy.map { processes[$0] })
    let order = state.order.sorted(chosen, of: processes, names: &names)
    let room = max(rows - Self.headerLines - 1, 1)
    state.mostScroll = max(order.count - room, 0)
    state.scroll = min(max(state.scroll, 0), state.mostScroll)
    let place = state.scroll..<min(state.scroll + room, order.count)
    // Only what there is room for is made into text.
    var shown = order[place].map { processes[$0] }
    var branches: [String] = []
    if state.isTree {
      let tree = ProcessTree.arranged(order.map { processes[$0] })
      shown = tree[place].map(\.process)
      branches = tree[place].map(\.branches)
    }
    var lines = header(
      snapshot, totals: totals, isComplete: isComplete, state: state, columns: columns)
    lines += table(shown, branches: branches, state: state, names: &names, columns: columns)
    return lines
  }

  private func header(
    _ snapshot: Snapshot, totals: TotalStatistics, isComplete: Bool, state: TopState, columns: Int
  ) -> [String] {
    let unit = state.unit
    let machine = snapshot.machine
    let count = "\(totals.processes) processes, \(totals.addressSpaces) address spaces"
    let pause = state.isPaused ? "  " + paint("PAUSED", "7") : ""
    let first =
      paint("tamalloc top", "1") + "  \(count)  every \(seconds) by \(snapshot.origin.rawValue)"
      + pause
    let ratio = totals.committedRatio ?? 0
    let head = "reserved \(unit.text(totals.reserved))  committed \(unit.text(totals.committed))"
    var second = head
    if let overcount = totals.overcount(machine: machine, isComplete: isComplete),
      let once = totals.proportional ?? machine.committedOnce
    {
      let tenths = Int((min(overcount, 1e6) * 10).rounded())
      second += "  each page once \(unit.text(once)) (sum counts \(tenths / 10).\(tenths % 10)×)"
    }
    second += "  swapped \(unit.text(totals.swap))"
    let third =
      bar(ratio, columns: max(min(columns - 30, 60), 10))
      + " \(StatisticsTable.percent(ratio)) of reserved is committed"
    var fourth = "RAM \(machine.ram.map(unit.text) ?? "–")"
    if let available = machine.available { fourth += ", \(unit.text(available)) available" }
    fourth += "  swap \(machine.swap.map(unit.text) ?? "–")"
    if let promised = machine.committedAS, let limit = machine.commitLimit {
      fourth += "  promised \(unit.text(promised)) of \(unit.text(limit))"
    }
    let fifth = status(state, columns, isWholeMachine: snapshot.isWholeMachine)
    return [first, cut(second, columns), third, cut(fourth, columns), fifth]
  }

  private var seconds: String {
    let tenths = Int((interval * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }

  /// The line above the table: what is typed, what is wrong, or what is chosen.
  private func status(_ state: TopState, _ columns: Int, isWholeMachine: Bool) -> String {
    if let prompt = state.prompt {
      return cut("\(prompt.purpose.rawValue): " + DisplayText.safe(prompt.text), columns - 1) + "█"
    }
    if !state.message.isEmpty { return paint(cut(DisplayText.safe(state.message), columns), "31") }
    let isDescending = state.order.field.isDescending != state.order.isReversed
    var text = "sort \(state.order.field.rawValue) \(isDescending ? "▼" : "▲")"
    if !state.userText.isEmpty { text += "  user \(DisplayText.safe(state.userText))" }
    if !state.nameText.isEmpty { text += "  name /\(DisplayText.safe(state.nameText))/" }
    if let cgroup = state.filter.cgroup { text += "  cgroup \(DisplayText.safe(cgroup))" }
    if state.order.field == .rank {
      let pages = Badness.uncertainty(processors: Badness.processors)
      let error = state.unit.text(ByteCount(pages * 4096))
      let whole = isWholeMachine ? "" : " of those visible"
      text += "  1 is killed first\(whole); within \(error) of each other they may change places"
    } else {
      text += "  ? for keys"
    }
    return paint(cut(text, columns), "2")
  }

  /// Full for what is committed, shaded for what is reserved.
  private func bar(_ ratio: Double, columns: Int) -> String {
    let eighths = Int((min(max(ratio, 0), 1) * Double(columns * 8)).rounded())
    let parts = Array("▏▎▍▌▋▊▉")
    var full = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { full.append(parts[eighths % 8 - 1]) }
    let rest = String(repeating: "░", count: columns - full.count)
    return paint(full, "34") + paint(rest, "2")
  }

  /// The columns, which explain the rank where that is the order; those that matter least go first
  /// where the screen is narrow.
  private func fields(_ state: TopState, columns: Int) -> [Field] {
    var fields: [Field] =
      state.order.field == .rank || state.order.field == .badness
      ? [.rank, .pid, .user, .committed, .swap, .pagetables, .adjustment, .badness, .score, .name]
      : [
        .pid, .user, .reserved, .committed, .ratio, .growth, .swap, .score, .adjustment, .rank,
        .name,
      ]
    for field in [Field.score, .adjustment, .swap, .user, .ratio, .pagetables, .growth] {
      let width = fields.reduce(16) { $0 + $1.usualWidth + 2 }
      if width > columns, field != state.order.field { fields.removeAll { $0 == field } }
    }
    return fields
  }

  private func table(
    _ processes: [ProcessStatistics], branches: [String], state: TopState,
    names: inout UserNames, columns: Int
  ) -> [String] {
    var table = StatisticsTable(
      fields: fields(state, columns: columns), unit: state.unit, width: columns)
    table.isSteady = true
    let text = table.lines(of: processes, branches: branches, names: &names).text
    // By bytes: what is safe to show has no newline within a character.
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    if lines.last == "" { lines.removeLast() }
    for index in lines.indices {
      let line = cut(lines[index], columns)
      if index == 0 {
        let blanks = max(columns - DisplayText.width(line), 0)
        lines[index] = paint(line + String(repeating: " ", count: blanks), "7")
      } else {
        lines[index] = marked(line, processes[index - 1])
      }
    }
    return lines
  }

  /// A row in the colour of its growth, with a mark at its end for eyes that see none.
  private func marked(_ line: String, _ process: ProcessStatistics) -> String {
    guard let growth = process.growth, growth != 0 else { return line }
    return paint(line, growth > 0 ? "33" : "32") + (growth > 0 ? " ▲" : " ▼")
  }

  private func help(columns: Int) -> [String] {
    [
      "Order:  M committed   V reserved   P committed/reserved   N pid   T growth   O killed first",
      "        the same key again turns the order around",
      "Show:   u one user   / name (regular expression)   t tree   e unit (IEC, SI, KiB, MiB)",
      "        arrows, Page Up, Page Down, Home, End scroll   space pauses",
      "q quits, ? leaves this help",
      "",
      "reserved = address space (VmSize)   committed = memory in page frames (VmRSS)",
      "▲ grows, ▼ shrinks   never = the kernel would not kill it   – can't be read",
      "Killed first: committed + swap + page tables in pages, + adjustment × memory / 1000.",
    ].map { cut($0, columns) }
  }

  private func cut(_ text: String, _ columns: Int) -> String {
    DisplayText.prefix(text, columns: columns)
  }

  private func paint(_ text: String, _ code: String) -> String {
    // Reverse video is no colour: the heading has it even with NO_COLOR.
    isColored || code == "7" ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
