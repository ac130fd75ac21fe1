// SPDX-License-Identifier: MIT

internal import FoundationEssentials

extension SectionBuilder {
  /// Days of the work with their commits, from the history itself.
  func chronology() -> [ReportBlock] {
    guard let step = step("history", in: .chronology) else { return [] }
    let (good, missing) = results(step)
    guard let recording = good.first else { return missing }
    // In UTC, whatever the author's time zone, so that days and hours go together.
    let times = recording.lines(as: Recorded.Commit.self)
      .compactMap { try? Date($0.time, strategy: .iso8601) }.sorted().map { $0.formatted(.iso8601) }
    let days = Dictionary(grouping: times) { String($0.prefix(10)) }.sorted { $0.key < $1.key }
    let rows = days.map { day, times in
      let hours = [times.first, times.last].compactMap { $0?.dropFirst(11).prefix(5) }
      return [day, hours.joined(separator: " – "), "\(times.count)"]
    }
    return [
      .table(
        Table(header: [say(.day), say(.firstAndLast), say(.commits)], rows: rows, words: 2)),
      source(good),
    ]
  }
}
