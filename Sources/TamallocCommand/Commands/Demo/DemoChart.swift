// SPDX-License-Identifier: MIT

internal import Charts
internal import Pages

/// The results as a picture: reserved against committed as pages are touched, a panel a contender.
struct DemoChart {
  var report: DemoRecord

  var grid: ChartGrid {
    let size = ByteCount(report.size)
    let most = report.allocators.flatMap(\.steps).map { max($0.virtualBytes, $0.residentBytes) }
    let page = ByteCount(report.pageSize)
    return ChartGrid(
      title: "\(size): reserved against committed, as pages are touched",
      subtitle: "Gained by each process: VmRSS (committed), VmSize (reserved); pages of \(page)",
      x: ChartAxis(title: "pages touched", unit: .percent, maximum: 100),
      y: ChartAxis(
        title: "memory gained", unit: .bytes, maximum: Double(max(most.max() ?? 0, report.size))),
      panels: report.allocators.map(panel))
  }

  private func panel(_ contender: ContenderRecord) -> ChartPanel {
    if let reason = contender.failure ?? contender.skipped, contender.steps.isEmpty {
      return ChartPanel(
        title: contender.name.rawValue, series: [],
        note: "\(contender.isRefused ? "refused" : "not run"): \(reason)")
    }
    let committed = contender.steps.map { step in
      ChartPoint(x: share(step), y: Double(max(step.residentBytes, 0)))
    }
    let reserved = [0, 100].map { x in
      ChartPoint(x: x, y: Double(contender.steps.first?.virtualBytes ?? report.size))
    }
    let last = contender.steps.last.map { ByteCount($0.residentBytes).description } ?? ""
    let start = contender.steps.first.map { ByteCount($0.residentBytes).tabular } ?? ""
    return ChartPanel(
      title: "\(contender.name.rawValue) starts at \(start)",
      series: [
        ChartSeries(
          name: "committed, \(contender.name.isOurs ? "tamalloc" : "C library")",
          shape: .area,
          tone: contender.name.isOurs ? .first : .second, points: committed, label: last),
        ChartSeries(
          name: "reserved", shape: .line, tone: .frame, points: reserved),
      ])
  }

  /// The share of pages that a step had touched at its end, in percent.
  private func share(_ step: MeasuredStep) -> Double {
    guard let name = step.name.split(separator: " ").last,
      let share = try? Percentage.parse(String(name))
    else { return 0 }
    return Double(share.partsPerMillion) / 10_000
  }
}
