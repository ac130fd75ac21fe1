// SPDX-License-Identifier: MIT

internal import Charts
internal import Laboratory

/// What a trace is like: how its sizes are spread, and how much is live.
struct TracePlot {
  let trace: Trace
  /// What it was made from.
  let title: String

  /// The two pictures: the sizes, and the live bytes over the events.
  var grids: [ChartGrid] {
    var sizes = [Int](repeating: 0, count: trace.idCount)
    var largest = 1
    var live = 0
    var peak = 0
    var points: [ChartPoint] = []
    let step = max(1, trace.events.count / 400)
    // The most within each step, so that no peak is lost.
    var most = 0
    for (number, event) in trace.events.enumerated() {
      switch event {
      case .request(let id, let size), .resize(let id, let size):
        live += size - sizes[id]
        sizes[id] = size
        largest = max(largest, size)
      case .free(let id): live -= sizes[id]
      }
      peak = max(peak, live)
      most = max(most, live)
      if (number + 1) % step == 0 || number + 1 == trace.events.count {
        points.append(ChartPoint(x: Double(number + 1), y: Double(most)))
        most = live
      }
    }
    return [sizesGrid(sizes, largest), liveGrid(points, peak)]
  }

  private func sizesGrid(_ sizes: [Int], _ largest: Int) -> ChartGrid {
    let bins = 64
    let width = max(1, (largest + bins - 1) / bins)
    var counts = [Int](repeating: 0, count: bins + 1)
    for size in sizes { counts[min(size / width, bins)] += 1 }
    let share = 100 / Double(max(1, sizes.count))
    let points = counts.indices.map {
      ChartPoint(x: Double($0 * width), y: Double(counts[$0]) * share)
    }
    let most = points.map(\.y).max() ?? 0
    return ChartGrid(
      title: title,
      subtitle: "\(sizes.count) requests; the share of them in each \(width) bytes of size.",
      x: ChartAxis(title: "size", unit: .bytes, maximum: Double(largest)),
      y: ChartAxis(title: "share of requests", unit: .percent, maximum: most * 1.05),
      panels: [
        ChartPanel(
          title: "sizes",
          series: [
            ChartSeries(
              name: "requests", shape: .step, tone: .first, points: points, marksPoints: false)
          ])
      ])
  }

  private func liveGrid(_ points: [ChartPoint], _ peak: Int) -> ChartGrid {
    ChartGrid(
      title: "Live bytes",
      x: ChartAxis(
        title: "events", unit: .number(suffix: ""), maximum: Double(trace.events.count)),
      y: ChartAxis(title: "bytes", unit: .bytes, maximum: Double(max(1, peak)) * 1.05),
      panels: [
        ChartPanel(
          title: "requested and not freed",
          series: [
            ChartSeries(
              name: "live", shape: .area, tone: .second, points: points, marksPoints: false)
          ])
      ])
  }
}
