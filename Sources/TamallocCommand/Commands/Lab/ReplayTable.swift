// SPDX-License-Identifier: MIT

internal import Laboratory

/// A replay's results as text: the course's lines, then tables.
struct ReplayTable {
  var record: ReplayRecord
  var width = 80

  /// What the course's driver says at its end; with several allocators, of each.
  var verdicts: [String] {
    var lines: [String] = []
    for allocator in record.allocators {
      if record.allocators.count > 1 { lines.append(allocator.name) }
      let pages = [allocator.pagesRequested, allocator.pagesFreed, allocator.pagesInUse]
      lines.append(
        "Page Requested/Freed/In Use: " + pages.map(Self.five).joined(separator: "/"))
      if !record.checked {
        lines.append("Competition average ratio: \(allocator.penalty.fixed(6))")
      }
      if let failure = allocator.failure {
        let more = allocator.refused > 1 ? " (\(allocator.refused.grouped) were refused)" : ""
        lines.append(failure + more)
      }
      lines.append("Test: " + (allocator.passed ? "PASS" : "FAILED"))
      if record.allocators.count > 1 { lines.append("") }
    }
    if record.allocators.count == 1 { lines.append("") }
    return lines
  }

  /// A number as `%5d` writes it.
  private static func five(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: " ", count: max(0, 5 - digits.count)) + digits
  }

  /// All tables, and what must be known to read them.
  var lines: [String] {
    var lines = verdicts
    for table in [
      pages, times, latencies("allocate, ns", \.allocate), latencies("free, ns", \.free),
    ] {
      lines += table.lines(width: width) + [""]
    }
    lines += notes.flatMap { Paragraph.lines(of: $0, width: width, mark: "• ") }
    return lines
  }

  private var pages: TextTable {
    TextTable(
      header: ["pages", "penalty", "utilisation", "requested", "freed", "in use", "peak"],
      rows: record.allocators.map { allocator in
        [
          allocator.name + (allocator.passed ? "" : " FAILED"), allocator.penalty.significant(3),
          (allocator.utilisation * 100).fixed(1) + "%", allocator.pagesRequested.grouped,
          allocator.pagesFreed.grouped, allocator.pagesInUse.grouped, allocator.pagesPeak.grouped,
        ]
      })
  }

  private var times: TextTable {
    TextTable(
      header: ["time", "ns/operation", "one replay", "process time", "score"],
      rows: record.allocators.map { allocator in
        [
          allocator.name, allocator.nanosecondsPerOperation?.fixed(1) ?? "–",
          allocator.replaySeconds?.duration ?? "–", allocator.seconds?.duration ?? "–",
          allocator.score?.significant(3) ?? "–",
        ]
      })
  }

  private func latencies(
    _ title: String, _ latency: (AllocatorRecord) -> LatencyRecord?
  ) -> TextTable {
    TextTable(
      header: [title, "mean", "p50", "p99", "p99.9", "worst"],
      rows: record.allocators.map { [$0.name] + cells(latency($0)) })
  }

  private func cells(_ latency: LatencyRecord?) -> [String] {
    guard let latency else { return Array(repeating: "–", count: 5) }
    return [
      latency.mean.fixed(1), latency.p50.grouped, latency.p99.grouped, latency.p999.grouped,
      latency.worst.grouped,
    ]
  }

  private var notes: [String] {
    let runs = record.allocators.map(\.runs).filter { $0 > 0 }
    var notes: [String] = []
    if let least = runs.min(), let most = runs.max() {
      let many = least == most ? "\(most)" : "\(least) to \(most)"
      notes.append(
        (most == 1
          ? "ns/operation: processor time of one run without a clock in it"
          : "ns/operation: processor time of a run without a clock in it, the median of \(many)")
          + "; the latencies come from another run, by the clock on the wall, which costs "
          + "\(record.clockNanoseconds) ns a pair that is in them, as is what else the machine did")
    }
    notes.append(
      "one replay: to set up the pages, and the first run over them; process time: that, to start, "
        + "and to read \(record.events.grouped) events (\(record.readingSeconds.duration)); "
        + "score: process time in seconds × (1 + penalty)")
    return notes + leftOut
  }

  var leftOut: [String] {
    var notes: [String] = []
    let out = record.leftOut
    if out.events > 0 {
      notes.append(
        "left out: \(out.requests.grouped) requests of other sizes, \(out.bytes.grouped) bytes "
          + "(\(out.events.grouped) events)")
    }
    if out.aboveOnePage > 0 {
      notes.append(
        "no page holds more than \((record.pageSize - 8).grouped) bytes: "
          + "\(out.aboveOnePage.grouped) requests (\(out.bytesAboveOnePage.grouped) bytes) got "
          + "nothing, as a rule; --scale makes them fit")
    }
    return notes
  }
}
