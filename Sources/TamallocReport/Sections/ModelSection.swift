// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func model() -> [ReportBlock] {
    var rows: [[String]] = []
    var all: [StepRecording] = []
    var missing: [ReportBlock] = []
    for name in ReportPlan.machines {
      guard let step = step("machine-\(name)", in: .model) else { continue }
      let (good, absent) = results(step)
      missing += absent
      guard let recording = good.first,
        let script = recording.decoded(as: Recorded.Model.self)?.script
      else { continue }
      rows.append([
        name,
        Phrase.expectationsHeld.text(
          language, "\(script.expectations)", "\(script.statements)"),
      ])
      all.append(recording)
    }
    var blocks: [ReportBlock] = missing
    if !rows.isEmpty {
      blocks += [
        .table(Table(header: [say(.script), say(.outcome)], rows: rows, words: 2)),
        .source(
          "\(say(.measuredBy)) `tamalloc lab machine --script Examples/Machines/NAME.machine`; "
            + (all.first?.started ?? "")),
      ]
    }
    if let step = step("machine-page", in: .model) {
      let (good, absent) = results(step)
      blocks += absent
      if !good.isEmpty, let html = folder.text(of: "machine.html") {
        blocks += [.page(title: say(.modelPage), html: html), source(good)]
      }
    }
    return blocks + modelBenchmark()
  }

  private func modelBenchmark() -> [ReportBlock] {
    guard let step = step("model-benchmark", in: .model) else { return [] }
    let (good, missing) = results(step)
    guard let verdict = good.first?.decoded(as: Recorded.Verdict.self) else {
      return [.heading(say(.modelCost))] + missing
    }
    let table = Table(
      header: [
        say(.benchmark), say(.number), "p25", say(.median), "p75", say(.limit), say(.verdict),
      ],
      rows: verdict.rows.map { row in
        [say(row.benchmark, in: .model), say(row.number, in: .model)]
          + [row.p25, row.median, row.p75].map(figure.short)
          + [row.limit.map(figure.short) ?? "", self.verdict(on: row)]
      }, words: 2)
    return [.heading(say(.modelCost)), .table(table), source(good)]
  }

  /// Whether a benchmark meets its limit, and by how much.
  private func verdict(on row: Recorded.Verdict.Row) -> String {
    guard let limit = row.limit, limit > 0 else { return "" }
    let excess = (row.median - limit) / limit * 100
    return (excess <= 0 ? Phrase.met : .missed)
      .text(language, figure.decimal(excess.magnitude, digits: 1))
  }
}
