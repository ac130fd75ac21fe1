// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func allocators() -> [ReportBlock] {
    guard let step = step("contest", in: .allocators) else { return [] }
    let (good, missing) = results(step)
    let contests = good.compactMap { $0.decoded(as: Recorded.Contest.self) }
    var blocks = missing
    for trace in contests.first?.traces ?? [] {
      let same = contests.compactMap { $0.traces.first { $0.trace == trace.trace } }
      blocks += self.trace(trace, same)
    }
    if !good.isEmpty { blocks += [recipes(), source(good)] }
    return blocks + maps()
  }

  private func trace(_ first: Recorded.Contest.Trace, _ same: [Recorded.Contest.Trace])
    -> [ReportBlock]
  {
    func spread(_ name: String, _ value: (Recorded.Contest.Allocator) -> Double?) -> Spread? {
      Spread(same.flatMap(\.allocators).filter { $0.name == name }.compactMap(value))
    }
    func chart(
      _ title: Phrase, _ axis: Phrase, _ unit: ChartAxis.Unit, _ scale: BarChart.Scale,
      _ value: (Recorded.Contest.Allocator) -> Double?
    ) -> Picture {
      let bars = first.allocators.compactMap { allocator -> BarChart.Bar? in
        guard let spread = spread(allocator.name, value) else { return nil }
        return BarChart.Bar(
          name: allocator.name, value: spread.middle, spread: spread.range,
          tone: allocator.name == "near-best-fit" ? .first : .second,
          label: unit == .percent ? "" : figure.short(spread.middle))
      }
      return picture(
        BarChart(title: say(title), axis: say(axis), unit: unit, scale: scale, bars: bars))
    }
    let pictures = [
      chart(.penalty, .penaltyAxis, .number(suffix: ""), .logarithmic, { $0.penalty }),
      chart(.utilisation, .utilisationAxis, .percent, .linear, { $0.utilisation * 100 }),
      chart(
        .perOperation, .perOperationAxis, .number(suffix: ""), .logarithmic,
        { $0.nanosecondsPerOperation }),
      chart(
        .percentile99, .percentile99Axis, .number(suffix: ""), .logarithmic,
        { $0.allocate.map { Double($0.p99) } }),
    ]
    let table = Table(
      header: [
        say(.allocator), say(.penalty), say(.utilisation), say(.peak), say(.perOperation),
        say(.percentile99), say(.score),
      ],
      rows: first.allocators.map { allocator in
        [
          allocator.name + (allocator.passed ? "" : " — \(say(.failed))"),
          figure.decimal(allocator.penalty, digits: 3),
          figure.decimal(allocator.utilisation * 100, digits: 1) + " %",
          figure.grouped(allocator.pagesPeak),
          spread(allocator.name) { $0.nanosecondsPerOperation }?.text(figure.short) ?? "–",
          spread(allocator.name) { $0.allocate.map { Double($0.p99) } }?.text(figure.short) ?? "–",
          spread(allocator.name) { $0.score }?.text { figure.decimal($0, digits: 4) } ?? "–",
        ]
      })
    let name = first.trace.split(separator: "/").last.map(String.init) ?? first.trace
    return [
      .heading("\(say(.trace)) \(name), \(figure.grouped(first.events)) \(say(.events))"),
      .pictures(pictures), .table(table),
    ]
  }

  /// Which command made which trace.
  private func recipes() -> ReportBlock {
    ReportBlock.source(
      plan.traces.map { trace in
        "\(say(.trace)) \(trace.name): `tamalloc lab generate \(trace.words.joined(separator: " "))`"
      }.joined(separator: "; "))
  }

  private func maps() -> [ReportBlock] {
    guard let step = step("maps", in: .allocators) else { return [] }
    let (good, missing) = results(step)
    guard !good.isEmpty, let html = folder.text(of: "maps.html") else { return missing }
    return [.page(title: say(.frameMaps), html: html), source(good)]
  }
}
