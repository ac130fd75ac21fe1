// SPDX-License-Identifier: MIT

internal import Charts
internal import MemoryStatistics
internal import Pages

/// A process's memory over time.
struct MemoryHistory {
  struct Sample {
    var seconds: Double
    var reserved: ByteCount
    var committed: ByteCount
  }

  /// More than a chart can show. Beyond them every second one is dropped and half as many are taken
  /// from then on, so that memory stays bounded however long the process lives.
  static let mostSamples = 2048

  private(set) var samples: [Sample] = []
  private(set) var last: Sample?
  private(set) var peakCommitted: ByteCount = 0
  private(set) var peakReserved: ByteCount = 0
  private var taken = 0
  private var stride = 1

  /// Adds a sample; peaks know all of them, whichever are kept.
  mutating func add(_ sample: Sample) {
    last = sample
    peakCommitted = max(peakCommitted, sample.committed)
    peakReserved = max(peakReserved, sample.reserved)
    defer { taken += 1 }
    guard taken % stride == 0 else { return }
    if samples.count == Self.mostSamples {
      samples = samples.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      stride *= 2
      guard taken % stride == 0 else { return }
    }
    samples.append(sample)
  }

  /// The chart of what is there so far.
  func chart(of title: String) -> ChartGrid {
    var points = samples
    if let last, let kept = points.last, kept.seconds < last.seconds { points.append(last) }
    let end = points.last?.seconds ?? 1
    // Where reserved dwarfs committed, a common scale would show nothing of the latter.
    let isCommon = peakReserved.rawValue / 8 <= peakCommitted.rawValue
    let top = isCommon ? Double(peakReserved.rawValue) : Double(peakCommitted.rawValue) * 1.15
    var subtitle = "peak committed \(peakCommitted), reserved \(peakReserved)"
    if !isCommon { subtitle += ", beyond the chart" }
    func line(_ value: (Sample) -> ByteCount) -> [ChartPoint] {
      points.map { ChartPoint(x: $0.seconds, y: Double(value($0).rawValue)) }
    }
    var series = [
      ChartSeries(
        name: "committed", shape: .area, tone: .first, points: line(\.committed),
        label: points.last?.committed.description ?? "")
    ]
    if isCommon {
      series.append(
        ChartSeries(name: "reserved", shape: .line, tone: .frame, points: line(\.reserved)))
    }
    return ChartGrid(
      title: title, subtitle: subtitle,
      x: ChartAxis(title: "seconds", unit: .number(suffix: " s"), maximum: end),
      y: ChartAxis(title: "memory", unit: .bytes, maximum: top),
      panels: [ChartPanel(title: "", series: series, note: "nothing was measured")])
  }
}
