// SPDX-License-Identifier: MIT

internal import Charts

extension SectionBuilder {
  func heap() -> [ReportBlock] {
    guard let step = step("heap", in: .heap) else { return [] }
    let (good, missing) = results(step)
    guard let heap = good.first?.decoded(as: Recorded.Heap.self) else { return missing }
    return heap.tables.flatMap(blocks) + starts(heap.starts) + [source(good)]
  }

  private func blocks(_ table: Recorded.Heap.Table) -> [ReportBlock] {
    var rows = table.rows.map { row in
      [workload(row)]
        + row.results.map { result in
          result.map { time($0.nanoseconds / 1e9, kibibytes: $0.kibibytes) } ?? say(.failed)
        } + [row.ratio.map { figure.decimal($0, digits: 2) } ?? "–"]
    }
    rows.append(
      [say(.mean)]
        + table.allocators.map { name in
          table.means[name].map { figure.decimal($0, digits: 2) } ?? "1"
        } + [""])
    return [
      .heading(table.kind), .pictures(pictures(table)),
      .table(
        Table(
          header: [say(.workload)] + table.allocators.map { "\($0) │ KiB" } + [say(.ratio)],
          rows: rows)),
    ]
  }

  private func time(_ seconds: Double, kibibytes: Double) -> String {
    "\(figure.duration(seconds)) │ \(figure.grouped(Int(kibibytes.rounded())))"
  }

  /// `pairs 64 KiB whole` in the report's language.
  private func workload(_ row: Recorded.Heap.Row) -> String {
    let sizes = row.sizes.map(figure.bytes).joined(separator: "–")
    return "\(say(row.work, in: .heap)), \(sizes), \(say(row.touch, in: .heap))"
  }

  /// What each allocator adds to a program that does nothing.
  private func starts(_ starts: [Recorded.Heap.Start]) -> [ReportBlock] {
    if starts.isEmpty { return [] }
    let table = Table(
      header: [say(.start)] + starts.map { "\($0.allocator) │ KiB" },
      rows: [[""] + starts.map { time($0.microseconds / 1e6, kibibytes: $0.kibibytes) }])
    return [.table(table)]
  }

  /// Ratios to the quickest other one, in pictures that are no longer than a screen.
  private func pictures(_ table: Recorded.Heap.Table) -> [Picture] {
    let bars = table.rows.compactMap { row -> BarChart.Bar? in
      guard let ratio = row.ratio else { return nil }
      return BarChart.Bar(
        name: workload(row), value: ratio, tone: ratio <= 1 ? .first : .second,
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
