// SPDX-License-Identifier: MIT

internal import Charts

// The heap's benchmark prints a table for each kind of call: a row's name in 34 columns, then for each
// allocator its time in ns (with K or M behind thousands and millions) and its resident KiB, between which
// a line stands. Ours is the first.

/// A table of the heap's benchmark.
struct HeapTable: Hashable {
  struct Row: Hashable {
    let name: String
    /// Nanoseconds and KiB of each allocator; nil where it failed.
    let cells: [Cell?]
  }
  struct Cell: Hashable {
    let nanoseconds: Double
    let kibibytes: Int
  }

  let kind: String
  let names: [String]
  var rows: [Row] = []

  private static let nameWidth = 34

  /// The tables in what the benchmark printed.
  static func tables(in output: String) -> [HeapTable] {
    var tables: [HeapTable] = []
    var kind: String?
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasSuffix("KiB resident at most"), let colon = line.firstIndex(of: ":") {
        kind = String(line[..<colon])
      } else if let begun = kind {
        tables.append(
          HeapTable(kind: begun, names: line.split(separator: " ").map(String.init)))
        kind = nil
      } else if let last = tables.indices.last, line.count > nameWidth, line.contains("│"),
        let row = row(line, count: tables[last].names.count)
      {
        tables[last].rows.append(row)
      }
    }
    return tables
  }

  private static func row(_ line: Substring, count: Int) -> Row? {
    let name = String(line.prefix(nameWidth).reversed().drop { $0 == " " }.reversed())
    var words = line.dropFirst(nameWidth).split { $0 == " " || $0 == "│" }[...]
    var cells: [Cell?] = []
    while cells.count < count, let word = words.popFirst() {
      if word == "failed" {
        cells.append(nil)
        continue
      }
      guard let time = number(word), let memory = words.popFirst().flatMap({ Int($0) }) else {
        return nil
      }
      cells.append(Cell(nanoseconds: time, kibibytes: memory))
    }
    return cells.count == count ? Row(name: name, cells: cells) : nil
  }

  private static func number(_ word: Substring) -> Double? {
    if word.hasSuffix("K") { return Double(word.dropLast()).map { $0 * 1e3 } }
    if word.hasSuffix("M") { return Double(word.dropLast()).map { $0 * 1e6 } }
    return Double(word)
  }
}

extension HeapTable.Row {
  /// Our time as a multiple of the quickest other one's.
  var ratio: Double? {
    guard let ours = cells.first ?? nil,
      let best = cells.dropFirst().compactMap({ $0?.nanoseconds }).min(), best > 0
    else { return nil }
    return ours.nanoseconds / best
  }
}

extension SectionBuilder {
  func heap() -> [Block] {
    guard let step = step("heap", in: .heap) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    let tables = HeapTable.tables(in: recording.output)
    guard !tables.isEmpty else { return [.output(recording.output), source(good)] }
    var blocks: [Block] = []
    for table in tables where !table.rows.isEmpty {
      blocks += [
        .heading(table.kind), .pictures(pictures(table)),
        .table(
          Table(
            header: [say(.workload)] + table.names.map { "\($0) │ KiB" } + [say(.ratio)],
            rows: table.rows.map { row in
              [translated(row.name)]
                + row.cells.map { cell in
                  cell.map {
                    "\(figure.duration($0.nanoseconds / 1e9)) │ \(figure.grouped($0.kibibytes))"
                  } ?? say(.failed)
                } + [row.ratio.map { figure.decimal($0, digits: 2) } ?? "–"]
            })),
      ]
    }
    // What is no table: the machine's line, geometric means, and what starting costs.
    let rest = recording.output.split(separator: "\n").filter {
      $0.hasPrefix("  ") || $0.hasPrefix("To start")
    }
    .filter { !$0.contains("│ KiB") || $0.hasPrefix("To start") }
    .filter { line in !tables.contains { line.split(separator: " ").map(String.init) == $0.names } }
    if !rest.isEmpty {
      blocks.append(.output(RecordedWords.output(rest.joined(separator: "\n"), language)))
    }
    return blocks + [source(good)]
  }

  /// Ratios to the quickest other one, in pictures that are no longer than a screen.
  private func pictures(_ table: HeapTable) -> [Picture] {
    let bars = table.rows.compactMap { row -> BarChart.Bar? in
      guard let ratio = row.ratio else { return nil }
      return BarChart.Bar(
        name: translated(row.name), value: ratio, tone: ratio <= 1 ? .first : .second,
        label: figure.decimal(ratio, digits: 2))
    }
    // As few pictures as there must be, of equal length.
    let pictures = max((bars.count + 15) / 16, 1)
    let length = max((bars.count + pictures - 1) / pictures, 1)
    return stride(from: 0, to: bars.count, by: length).map { start in
      picture(
        BarChart(
          title: say(.heapRatio), axis: say(.heapRatioAxis), unit: .number(suffix: ""),
          scale: .logarithmic, bars: Array(bars[start..<min(start + length, bars.count)]),
          reference: 1)
      )
    }
  }
}
