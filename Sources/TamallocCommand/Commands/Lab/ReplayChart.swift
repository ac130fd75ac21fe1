// SPDX-License-Identifier: MIT

internal import Charts
internal import Laboratory
internal import Pages

/// The course's two plots of each allocator: requested against allocated bytes, and their difference.
struct ReplayChart {
  var trace: String
  private var allocators: [Allocator]
  var pageSize: Int

  init(_ replay: Replay, trace: String) {
    self.trace = trace
    pageSize = replay.plan.pageSize.bytes.rawValue
    allocators = zip(replay.plan.allocators, replay.contests).compactMap { name, contest in
      contest.history.map { (name.rawValue, $0, contest) }
    }
  }

  var grid: ChartGrid {
    let pages = allocators.flatMap(\.history.pagesInUse).max() ?? 0
    let events = allocators.compactMap(\.history.events.last).max() ?? 0
    return ChartGrid(
      title: "\(trace): requested against allocated",
      subtitle: "Left kma_output: bytes requested, and bytes of pages in use. Right kma_waste: "
        + "their difference.",
      x: ChartAxis(title: "events", unit: .number(suffix: ""), maximum: Double(events)),
      y: ChartAxis(title: "bytes", unit: .bytes, maximum: Double(max(pages, 1) * pageSize)),
      panels: allocators.flatMap { [output(of: $0), waste(of: $0)] })
  }

  private typealias Allocator = (name: String, history: History, contest: Contest)

  private func output(of allocator: Allocator) -> ChartPanel {
    let history = allocator.history
    return ChartPanel(
      title: allocator.name + (allocator.contest.passed ? "" : " (failed)"),
      series: [
        series("requested", .area, .first, history) { history.liveBytes[$0] },
        series("allocated", .line, .second, history) { history.pagesInUse[$0] * pageSize },
      ])
  }

  private func waste(of allocator: Allocator) -> ChartPanel {
    let history = allocator.history
    return ChartPanel(
      title: "penalty \(allocator.contest.penalty.significant(3))",
      series: [
        series("waste", .area, .third, history) {
          history.pagesInUse[$0] * pageSize - history.liveBytes[$0]
        }
      ])
  }

  private func series(
    _ name: String, _ shape: ChartSeries.Shape, _ tone: ChartSeries.Tone, _ history: History,
    value: (Int) -> Int
  ) -> ChartSeries {
    let points = history.events.indices.map {
      ChartPoint(x: Double(history.events[$0]), y: Double(value($0)))
    }
    return ChartSeries(name: name, shape: shape, tone: tone, points: points, marksPoints: false)
  }
}
