// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func statistics() -> [ReportBlock] {
    holders() + totals() + comparison() + statisticsPeers()
  }

  private func holders() -> [ReportBlock] {
    guard let step = step("stat", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    let holders = recording.lines(as: Recorded.Holder.self)
    let bars = holders.prefix(6).flatMap { holder -> [BarChart.Bar] in
      [
        BarChart.Bar(
          name: "\(holder.name ?? "–"), \(say(.reserved))",
          value: Double(holder.reservedBytes ?? 0),
          tone: .frame),
        BarChart.Bar(
          name: "\(holder.name ?? "–"), \(say(.committed))",
          value: Double(holder.committedBytes ?? 0),
          tone: .first),
      ]
    }
    let table = Table(
      header: [say(.process), "PID", say(.reserved), say(.committed), say(.swapped)],
      rows: holders.map { holder in
        [
          holder.name ?? "–", "\(holder.pid)", cell(holder.reservedBytes),
          cell(holder.committedBytes),
          cell(holder.swapBytes),
        ]
      })
    let chart = BarChart(
      title: say(.holders), axis: say(.requestedAgainstUsed), unit: .bytes, bars: bars)
    return [.heading(say(.holders)), .pictures([picture(chart)]), .table(table), source(good)]
  }

  private func cell(_ bytes: Int?) -> String { bytes.map(figure.bytes) ?? "–" }

  private func totals() -> [ReportBlock] {
    guard let step = step("stat-total", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first, let totals = recording.decoded(as: Recorded.Totals.self)
    else {
      return missing
    }
    return [
      .table(
        Table(
          header: [say(.field), say(.value)],
          rows: [
            [say(.processes), "\(totals.processes)"],
            [say(.addressSpaces), "\(totals.addressSpaces)"],
            [say(.reserved), cell(totals.reservedBytes)],
            [say(.committed), cell(totals.committedBytes)],
            [say(.eachPageOnce), cell(totals.committedOnceBytes)],
            [say(.swapped), cell(totals.swapBytes)],
          ])), source(good),
    ]
  }

  private func comparison() -> [ReportBlock] {
    guard let step = step("compare", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let comparison = good.first?.decoded(as: Recorded.Comparison.self) else {
      return [.heading(say(.againstProc))] + missing
    }
    let table = Table(
      header: [say(.test), say(.verdict)],
      rows: comparison.tests.map { test in
        [
          say(test.key, in: .comparison),
          test.passed ? say(.yes) : "\(say(.no)): `\(test.complaints.joined(separator: "; "))`",
        ]
      }, words: 2)
    return [
      .heading(say(.againstProc)), .prose(passed(comparison)), .table(table), source(good),
    ]
  }

  /// How many of the tests passed, in a sentence.
  func passed(_ comparison: Recorded.Comparison) -> String {
    Phrase.comparedProcesses.text(
      language, "\(comparison.tests.count { $0.passed })", "\(comparison.tests.count)",
      comparison.processesCompared.map(String.init).joined(separator: ", "))
  }

  private func statisticsPeers() -> [ReportBlock] {
    guard let step = step("statistics-peers", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let cost = good.first?.decoded(as: Recorded.StatisticsCost.self) else {
      return [.heading(say(.peersOfStatistics))] + missing
    }
    func name(_ row: Recorded.StatisticsCost.Row) -> String {
      row.key.map { say($0, in: .statistics) } ?? row.name
    }
    let bars = cost.once.compactMap { row -> BarChart.Bar? in
      guard let microseconds = row.microsecondsPerProcess else { return nil }
      return BarChart.Bar(
        name: name(row), value: microseconds,
        tone: row.name.hasPrefix("tamalloc") ? .first : .second)
    }
    let chart = BarChart(
      title: say(.peersOfStatistics), axis: say(.costOfProcess), unit: .number(suffix: " µs"),
      scale: .logarithmic, bars: bars)
    let once = Table(
      header: [
        Phrase.tool.text(language, figure.grouped(cost.processes)), "ms", say(.wall),
        say(.perProcess), say(.wall), say(.ofFloor), say(.wall),
      ],
      rows: cost.once.map { row in
        let figures = [
          row.milliseconds, row.wallMilliseconds, row.microsecondsPerProcess,
          row.wallMicrosecondsPerProcess, row.ofFloor, row.wallOfFloor,
        ]
        return [name(row)]
          + (row.milliseconds == nil
            ? [say(.notInstalled), "", "", "", "", ""]
            : figures.map { $0.map(figure.short) ?? "" })
      })
    let live = Table(
      header: [say(.live), say(.liveUnit)],
      rows: cost.live.map { row in
        [row.name, row.milliseconds.map(figure.short) ?? say(.notInstalled)]
      })
    let scrape = Table(
      header: ["Prometheus", "ms"],
      rows: [
        [say(.scrapeFirst), figure.short(cost.scrape.first)],
        [say(.scrapeOthers), figure.short(cost.scrape.others)],
      ])
    return [
      .heading(say(.peersOfStatistics)), .pictures([picture(chart)]), .table(once), .table(live),
      .table(scrape), source(good),
    ]
  }
}
