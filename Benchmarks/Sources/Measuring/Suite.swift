// SPDX-License-Identifier: MIT

// What runs benchmarks and writes down what they measured.
//
//     PROGRAM --list                      the benchmarks' names, a line each
//     PROGRAM --run NAME --results FOLDER runs one, and writes a table of percentiles for each number
//
// Each benchmark runs in a process of its own, so that none has the memory that another left behind.
// Benchmarks say what they measured themselves, number by number: a *sample* is one call of the body,
// after one that does not count.

internal import CMeasure
internal import Foundation

/// A number that a benchmark reports, by its name in `limits.json`.
public struct Metric: Sendable, Hashable {
  public let name: String

  public init(_ name: String) {
    self.name = name
  }
}

/// What a body reports to.
public final class Sample {
  /// Samples that were taken before, the first one, which does not count, among them.
  public internal(set) var iteration = 0
  var values: [Metric: [Int]] = [:]

  /// Notes what was measured.
  public func report(_ metric: Metric, _ value: Int) {
    values[metric, default: []].append(value)
  }
}

/// The benchmarks of a program.
public final class Suite {
  private struct Benchmark {
    var name: String
    var metrics: [Metric]
    var seconds: Int
    var most: Int
    var body: (Sample) throws -> Void
  }

  private let name: String
  private var benchmarks: [Benchmark] = []

  /// - Parameter name: opens the names of the files of results.
  public init(_ name: String) {
    self.name = name
  }

  /// Adds a benchmark that reports numbers of its own under the names given, and nothing else.
  ///
  /// Its body runs once to warm up, and then as often as fits into `seconds`, at most `most` times.
  public func measure(
    _ name: String, _ metrics: Metric..., seconds: Int = 3, most: Int = 100,
    body: @escaping (Sample) throws -> Void
  ) {
    benchmarks.append(
      Benchmark(name: name, metrics: metrics, seconds: seconds, most: most, body: body))
  }

  /// Does what the program's arguments say, and ends it.
  public func main(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) -> Never {
    do {
      switch arguments.first {
      case "--list" where arguments.count == 1:
        for benchmark in benchmarks { print(benchmark.name) }
      case "--run" where arguments.count == 4 && arguments[2] == "--results":
        guard let benchmark = benchmarks.first(where: { $0.name == arguments[1] }) else {
          throw Refusal(text: "there is no benchmark '\(arguments[1])'")
        }
        try write(run(benchmark), of: benchmark, to: URL(filePath: arguments[3]))
      default: throw Refusal(text: "usage: \(name) --list | --run NAME --results FOLDER")
      }
      exit(0)
    } catch {
      FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
      exit(2)
    }
  }

  private struct Refusal: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
  }

  private func run(_ benchmark: Benchmark) throws -> [Metric: [Int]] {
    let sample = Sample()
    try benchmark.body(sample)
    sample.values = [:]
    let end = cmeasure_nanoseconds() + Int64(benchmark.seconds) * 1_000_000_000
    repeat {
      sample.iteration += 1
      try benchmark.body(sample)
    } while sample.iteration < benchmark.most && cmeasure_nanoseconds() < end
    return sample.values
  }

  private func write(
    _ values: [Metric: [Int]], of benchmark: Benchmark, to folder: URL
  ) throws {
    for metric in benchmark.metrics {
      guard let sorted = values[metric]?.sorted() else {
        throw Refusal(text: "\(benchmark.name) did not report \(metric.name)")
      }
      var text = "percentile\tvalue\n"
      for percentile in [0, 25, 50, 75, 100] {
        text += "\(percentile)\t\(sorted[(sorted.count - 1) * percentile / 100])\n"
      }
      let file = [name, benchmark.name, metric.name, "tsv"].joined(separator: ".")
        .replacing(" ", with: "_")
      try text.write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
    }
  }
}

/// Uses a value, so that the compiler can't leave out what made it.
@inline(never)
@_optimize(none)
public func blackHole<Value>(_ value: Value) {}
