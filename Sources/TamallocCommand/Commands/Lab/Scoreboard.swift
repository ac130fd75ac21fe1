// SPDX-License-Identifier: MIT

internal import Laboratory

/// The allocators side by side over several traces: a table for each figure, the best marked.
struct Scoreboard {
  var records: [ReplayRecord]

  func lines(width: Int) -> [String] {
    let tables = [
      table("penalty", { $0.penalty }, { $0.significant(3) }),
      table("ns/operation", { $0.nanosecondsPerOperation }, { $0.fixed(1) }),
      table("score", { $0.score }, { $0.significant(3) }),
      table("peak pages", { Double($0.pagesPeak) }, { Int($0).grouped }),
    ]
    var lines = Array(tables.map { $0.lines(width: width) }.joined(separator: [""]))
    lines.append("")
    lines += Paragraph.lines(
      of: "* the best on a trace; – failed. lab replay has every figure, and says how it is taken.",
      width: width)
    for record in records {
      for note in ReplayTable(record: record).leftOut {
        lines += Paragraph.lines(of: "\(record.trace): \(note)", width: width)
      }
    }
    return lines
  }

  private func table(
    _ title: String, _ figure: (AllocatorRecord) -> Double?, _ text: (Double) -> String
  ) -> TextTable {
    let names = records.first?.allocators.map(\.name) ?? []
    let columns = records.map { record in
      record.allocators.map { $0.passed ? figure($0) : nil }
    }
    return TextTable(
      header: [title] + records.map { Self.shortName($0.trace) },
      rows: names.indices.map { row in
        [names[row]]
          + columns.map { column in
            guard let value = column[row] else { return "–" }
            return text(value) + (value == column.compactMap { $0 }.min() ? "*" : " ")
          }
      })
  }

  /// The last part of a path.
  static func shortName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
