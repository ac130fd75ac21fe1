// SPDX-License-Identifier: MIT

internal import Pages

/// The results as text.
struct DemoTable {
  var report: DemoRecord
  var width = 80

  /// All tables, with an empty line between them.
  var lines: [String] {
    let tables = [
      contents,
      steps("VmRSS gained") { ByteCount($0.residentBytes).tabular },
      steps("minor faults") { $0.minorFaults.grouped },
      steps("time") { $0.seconds.duration },
    ]
    // Where no step was run at all there is nothing to show.
    let filled = tables.filter { $0.header.count > 1 }
    return Array(filled.map { $0.lines(width: width) }.joined(separator: [""]))
      + notes.flatMap { Paragraph.lines(of: $0, width: width) }
  }

  /// Whether the bytes are right, and what was reserved for them.
  private var contents: TextTable {
    TextTable(
      header: ["", "fill", "every byte right", "VmSize gained"],
      rows: report.allocators.map { contender in
        let size = contender.steps.first.map { ByteCount($0.virtualBytes).tabular } ?? "–"
        return [contender.name.rawValue, FillByte.text(contender.fill), verdict(contender), size]
      })
  }

  private func verdict(_ contender: ContenderRecord) -> String {
    if contender.failure != nil { return "failed" }
    if contender.isRefused { return "refused" }
    if contender.skipped != nil { return "not run" }
    guard contender.correct == true else { return "NO" }
    return contender.verification?.isComplete == true ? "yes" : "yes, sparsely"
  }

  private func steps(_ title: String, _ cell: (MeasuredStep) -> String) -> TextTable {
    var names: [String] = []
    for step in report.allocators.flatMap(\.steps) where !names.contains(step.name) {
      names.append(step.name)
    }
    return TextTable(
      header: [title] + names,
      rows: report.allocators.map { contender in
        [contender.name.rawValue]
          + names.map { name in contender.steps.first { $0.name == name }.map(cell) ?? "–" }
      })
  }

  /// What was not done, and why.
  private var notes: [String] {
    var notes: [String] = []
    for contender in report.allocators {
      if let reason = contender.failure {
        notes.append("\(contender.name.rawValue) FAILED: \(reason)")
      }
      if let reason = contender.skipped {
        let what = contender.isRefused ? "was refused" : "was not run"
        notes.append("\(contender.name.rawValue) \(what): \(reason)")
      }
    }
    let ran = report.allocators.filter { $0.skipped == nil }
    for step in ran.first?.leftOut ?? [] {
      notes.append("\(step.name) was left out: \(step.reason)")
    }
    for contender in ran {
      guard let check = contender.verification, !check.isComplete else { continue }
      notes.append(
        "\(contender.name.rawValue) was checked sparsely: \(check.pagesChecked.grouped) of "
          + "\(check.pagesTotal.grouped) pages (\(check.touchedPagesChecked.grouped) of the touched)"
      )
    }
    for contender in report.allocators {
      guard let check = contender.verification, check.wrongPages > 0 else { continue }
      notes.append(
        "\(contender.name.rawValue) has wrong bytes in \(check.wrongPages.grouped) of "
          + "\(check.pagesChecked.grouped) pages checked")
    }
    return notes.isEmpty ? [] : [""] + notes
  }
}
