// SPDX-License-Identifier: MIT

internal import Charts

internal import FoundationEssentials

/// A line of `tamalloc stat --json`, as far as the report reads it.
private struct Holder: Decodable {
  let pid: Int
  let name: String
  let reservedBytes: Int?
  let committedBytes: Int?
  let swapBytes: Int?
}

/// The line of `tamalloc stat --json --total`, as far as the report reads it.
private struct Totals: Decodable {
  let processes: Int
  let addressSpaces: Int
  let reservedBytes: Int?
  let committedBytes: Int?
  let committedOnceBytes: Int?
  let swapBytes: Int?
}

extension SectionBuilder {
  func statistics() -> [Block] {
    holders() + totals() + comparison() + statisticsPeers()
  }

  private func holders() -> [Block] {
    guard let step = step("stat", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    let holders = recording.output.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(Holder.self, from: Data($0.utf8))
    }
    let bars = holders.prefix(6).flatMap { holder -> [BarChart.Bar] in
      [
        BarChart.Bar(
          name: "\(holder.name), \(say(.reserved))", value: Double(holder.reservedBytes ?? 0),
          tone: .frame),
        BarChart.Bar(
          name: "\(holder.name), \(say(.committed))", value: Double(holder.committedBytes ?? 0),
          tone: .first),
      ]
    }
    let table = Table(
      header: [say(.process), "PID", say(.reserved), say(.committed), say(.swapped)],
      rows: holders.map { holder in
        [
          holder.name, "\(holder.pid)", cell(holder.reservedBytes), cell(holder.committedBytes),
          cell(holder.swapBytes),
        ]
      })
    let chart = BarChart(
      title: say(.holders), axis: say(.requestedAgainstUsed), unit: .bytes, bars: bars)
    return [.heading(say(.holders)), .pictures([picture(chart)]), .table(table), source(good)]
  }

  private func cell(_ bytes: Int?) -> String { bytes.map(figure.bytes) ?? "–" }

  private func totals() -> [Block] {
    guard let step = step("stat-total", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first, let totals = recording.decoded(as: Totals.self) else {
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

  private func comparison() -> [Block] {
    guard let step = step("compare", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return [.heading(say(.againstProc))] + missing }
    // KTAP: a line for each thing that was compared.
    let lines = recording.output.split(separator: "\n").filter {
      $0.hasPrefix("ok ") || $0.hasPrefix("not ok ") || $0.contains("passed")
        || $0.contains("compared")
    }
    return [
      .heading(say(.againstProc)),
      .output(lines.map { translated(String($0)) }.joined(separator: "\n")),
      source(good),
    ]
  }

  private func statisticsPeers() -> [Block] {
    guard let step = step("statistics-peers", in: .statistics) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return [.heading(say(.peersOfStatistics))] + missing }
    let bars = recording.output.split(separator: "\n").compactMap { line -> BarChart.Bar? in
      // A name of 34 columns, then ms, ms by the clock, µs of processor for each process, by the clock;
      // and both beside the floor's.
      let figures = line.dropFirst(34).split(separator: " ").compactMap { Double($0) }
      guard line.count > 34, figures.count >= 4 else { return nil }
      let name = String(line.prefix(34).reversed().drop { $0 == " " }.reversed())
      return BarChart.Bar(
        name: translated(name), value: figures[2],
        tone: name.hasPrefix("tamalloc") ? .first : .second)
    }
    return [
      .heading(say(.peersOfStatistics)),
      .pictures([
        picture(
          BarChart(
            title: say(.peersOfStatistics), axis: say(.costOfProcess), unit: .number(suffix: " µs"),
            scale: .logarithmic, bars: bars))
      ]), .output(RecordedWords.output(recording.output, language)), source(good),
    ]
  }
}
