// SPDX-License-Identifier: MIT

// Holds what a run measured against limits.json, and prints both as a Markdown table.
//
//     Verdict RESULTS LIMITS [--check] [--part]
//
// RESULTS is a directory of tables of percentiles, one per number (Sources/Measuring). The median
// is what counts. With --check the exit status is 1 if a limit is missed, or has nothing measured; with
// --part it is all right that only some benchmarks were run.

internal import Foundation

struct Limits: Decodable {
  struct Limit: Decodable {
    let benchmark: String
    let metric: String
    let most: Int
    let why: String
  }
  let limits: [Limit]
}

/// The numbers of one benchmark under one name.
struct Measurement {
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

/// Ratios are measured in thousandths and read better as what they are.
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
  guard arguments.count >= 2, flags.isSubset(of: ["--check", "--part"]) else {
    FileHandle.standardError.write(Data("usage: Verdict RESULTS LIMITS [--check] [--part]\n".utf8))
    return 2
  }
  let data = try Data(contentsOf: URL(filePath: arguments[1]))
  let limits = try JSONDecoder().decode(Limits.self, from: data).limits
  let names = try FileManager.default.contentsOfDirectory(atPath: arguments[0])

  // "LazyMemory.reserve_1_GiB.time_vs_mmap_x1000.tsv"
  var measurements: [String: [String: Measurement]] = [:]
  for file in names {
    let parts = file.split(separator: ".").map { String($0).replacing("_", with: " ") }
    guard parts.count == 4, parts[3] == "tsv" else { continue }
    let url = URL(filePath: arguments[0]).appending(path: file)
    measurements[parts[1], default: [:]][parts[2]] = Measurement(contentsOf: url)
  }

  print("| benchmark | number | p25 | median | p75 | limit | verdict |")
  print("|---|---|--:|--:|--:|--:|---|")
  var missed: [String] = []
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
      print("| \(columns.joined(separator: " | ")) |")
    }
  }
  var count = limits.count
  for limit in limits where measurements[limit.benchmark]?[limit.metric] == nil {
    if flags.contains("--part") {
      count -= 1
    } else {
      missed.append("\(limit.benchmark): \(name(limit.metric)) was not measured")
    }
  }

  print("")
  if missed.isEmpty {
    print("All \(count) limits are met.")
    return 0
  }
  print("\(missed.count) of \(count) limits are missed:")
  for line in missed { print("- \(line)") }
  return flags.contains("--check") ? 1 : 0
}

do {
  exit(try run(Array(CommandLine.arguments.dropFirst())))
} catch {
  FileHandle.standardError.write(Data("Verdict: \(error)\n".utf8))
  exit(2)
}
