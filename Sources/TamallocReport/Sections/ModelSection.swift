// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func model() -> [Block] {
    var rows: [[String]] = []
    var all: [Recording] = []
    var missing: [Block] = []
    for name in ReportPlan.machines {
      guard let step = step("machine-\(name)", in: .model) else { continue }
      let (good, absent) = results(step)
      missing += absent
      guard let recording = good.first else { continue }
      let lines = recording.output.split(separator: "\n")
      rows.append([name, lines.last.map { translated(String($0)) } ?? ""])
      all.append(recording)
    }
    var blocks: [Block] = missing
    if !rows.isEmpty {
      blocks += [
        .table(Table(header: [say(.script), say(.outcome)], rows: rows, isText: true)),
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

  private func modelBenchmark() -> [Block] {
    guard let step = step("model-benchmark", in: .model) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return [.heading(say(.modelCost))] + missing }
    return [
      .heading(say(.modelCost)), .prose(RecordedWords.prose(recording.output, language)),
      source(good),
    ]
  }
}
