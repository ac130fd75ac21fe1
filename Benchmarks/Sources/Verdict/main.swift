// SPDX-License-Identifier: MIT

// Holds what a run measured against limits.json, and prints both as a Markdown table.
//
//     Verdict RESULTS LIMITS [--check] [--part] [--json]
//
// RESULTS is a directory of tables of percentiles, one per number (Sources/Measuring). The median
// is what counts. With --check the exit status is 1 if a limit is missed, or has nothing measured; with
// --part it is all right that only some benchmarks were run. With --json it is an object: rows of benchmark,
// number, p25, median, p75 and limit, and the limits that nothing was measured for.

internal import Foundation

/// What stands in limits.json.
struct LimitsFile: Decodable {
  struct Limit: Decodable {
    let benchmark: String
    let metric: String
    let most: Int
    let why: String
  }
  let limits: [Limit]
}

/// What --json prints.
struct VerdictRecord: Encodable {
  struct Row: Encodable {
    let benchmark: String
    let number: String
    let p25, median, p75: Double
    let limit: Double?
  }
  var rows: [Row] = []
  /// Benchmarks with a limit and without a measurement.
  var unmeasured: [String] = []
}

/// The numbers of one benchmark under one name.
struct MeasuredNumbers {
  /// From percentile to value.
  let percentiles: [Int: Int]

  init?(contentsOf file: URL) {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    var percentiles: [Int: Int] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t").compactMap { Int($0) }
      if fields.count == 2 { percentiles[fields[0]] = fields[1] }
    }
    guard percentiles[25] != nil, percentiles[50] != nil, percentiles[75] != nil else { return nil }
    self.percentiles = percentiles
  }

  subscript(percentile: Int) -> Int { percentiles[percentile] ?? 0 }
}

/// A number as it is meant: ratios are measured in thousandths.
func meant(_ value: Int, _ metric: String) -> Double {
  metric.hasSuffix("x1000") ? Double(value) / 1000 : Double(value)
}

/// A number as it is meant, as text.
func text(_ value: Int, _ metric: String) -> String {
  guard metric.hasSuffix("x1000") else { return "\(value)" }
  let digits = String(value % 1000)
  return "\(value / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
}

func name(_ metric: String) -> String {
  metric.hasSuffix(" x1000") ? String(metric.dropLast(6)) : metric
}

func run(_ arguments: [String]) throws -> Int32 {
  let flags = Set(arguments.dropFirst(2))
  guard arguments.count >= 2, flags.isSubset(of: ["--check", "--part", "--json"]) else {
    FileHandle.standardError.write(
      Data("usage: Verdict RESULTS LIMITS [--check] [--part] [--json]\n".utf8))
    return 2
  }
  let data = try Data(contentsOf: URL(filePath: arguments[1]))
  let limits = try JSONDecoder().decode(LimitsFile.self, from: data).limits
  let names = try FileManager.default.contentsOfDirectory(atPath: arguments[0])

  // "LazyMemory.reserve_1_GiB.time_vs_mmap_x1000.tsv"
  var measurements: [String: [String: MeasuredNumbers]] = [:]
  for file in names {
    let parts = file.split(separator: ".").map { String($0).replacing("_", with: " ") }
    guard parts.count == 4, parts[3] == "tsv" else { continue }
    let url = URL(filePath: arguments[0]).appending(path: file)
    measurements[parts[1], default: [:]][parts[2]] = MeasuredNumbers(contentsOf: url)
  }

  let isJSON = flags.contains("--json")
  func say(_ line: String) {
    if !isJSON { print(line) }
  }
  say("| benchmark | number | p25 | median | p75 | limit | verdict |")
  say("|---|---|--:|--:|--:|--:|---|")
  var missed: [String] = []
  var record = VerdictRecord()
  for benchmark in measurements.keys.sorted(by: { $0.localizedStandardCompare($1).rawValue < 0 }) {
    for (metric, values) in measurements[benchmark, default: [:]].sorted(by: { $0.key < $1.key }) {
      let limit = limits.first { $0.benchmark == benchmark && $0.metric == metric }
      var verdict = ""
      if let limit {
        let excess = 100 * Double(values[50] - limit.most) / Double(limit.most)
        let percent = String(format: "%.1f %%", abs(excess))
        verdict = excess <= 0 ? "met, \(percent) below" : "MISSED by \(percent)"
        if excess > 0 {
          missed.append(
            "\(benchmark): \(name(metric)) is \(text(values[50], metric)), "
              + "\(percent) above the limit of \(text(limit.most, metric)): \(limit.why)")
        }
      }
      let columns = [
        benchmark, name(metric), text(values[25], metric), text(values[50], metric),
        text(values[75], metric), limit.map { text($0.most, metric) } ?? "", verdict,
      ]
      say("| \(columns.joined(separator: " | ")) |")
      record.rows.append(
        VerdictRecord.Row(
          benchmark: benchmark, number: name(metric), p25: meant(values[25], metric),
          median: meant(values[50], metric), p75: meant(values[75], metric),
          limit: limit.map { meant($0.most, metric) }))
    }
  }
  var count = limits.count
  for limit in limits where measurements[limit.benchmark]?[limit.metric] == nil {
    if flags.contains("--part") {
      count -= 1
    } else {
      missed.append("\(limit.benchmark): \(name(limit.metric)) was not measured")
      record.unmeasured.append("\(limit.benchmark): \(name(limit.metric))")
    }
  }

  if isJSON {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(record), as: UTF8.self))
  }
  say("")
  say(
    missed.isEmpty
      ? "All \(count) limits are met." : "\(missed.count) of \(count) limits are missed:")
  for line in missed { say("- \(line)") }
  if missed.isEmpty { return 0 }
  return flags.contains("--check") ? 1 : 0
}

do {
  exit(try run(Array(CommandLine.arguments.dropFirst())))
} catch {
  FileHandle.standardError.write(Data("Verdict: \(error)\n".utf8))
  exit(2)
}
