// SPDX-License-Identifier: MIT

// What the model of Linux's physical memory costs. Limits are times: nothing else does the same. They
// are of the thread's processor time, which other work on the machine lengthens least; a sample is the
// median of many short runs.

internal import Benchmark
internal import CMeasure

let benchmarks: @Sendable () -> Void = {
  booting()
  singleFrames()
  mixedOrders()
  slabs()
  manyProcesses()
}

extension BenchmarkMetric {
  /// A thousandth of a nanosecond, for one allocation and its free.
  static let pair = BenchmarkMetric.custom("nanoseconds a pair x1000")
  /// The same for one page.
  static let page = BenchmarkMetric.custom("nanoseconds a page x1000")
  static let processorMicroseconds = BenchmarkMetric.custom("processor microseconds")
  static let residentKibibytes = BenchmarkMetric.custom("resident KiB")
}

/// The median over `runs` of the processor time of a run by `count`, in thousandths of a nanosecond.
func costOfEach(runs: Int, count: Int, _ run: () throws -> Void) rethrows -> Int {
  var costs: [Int] = []
  for _ in 0..<runs {
    let start = cmeasure_processor_nanoseconds()
    try run()
    costs.append(Int(cmeasure_processor_nanoseconds() - start) * 1000 / count)
  }
  return costs.sorted()[runs / 2]
}

/// A benchmark that reports numbers of its own under the names given, and nothing else.
func measure(
  _ name: String, _ metrics: BenchmarkMetric..., most: Int = 20,
  body: @escaping (Benchmark) throws -> Void
) {
  var units: [BenchmarkMetric: BenchmarkUnits] = [:]
  for metric in metrics { units[metric] = .count }
  Benchmark(
    name,
    configuration: Benchmark.Configuration(
      metrics: metrics, units: units, warmupIterations: 1, maxDuration: .seconds(3),
      maxIterations: most)
  ) { (benchmark: Benchmark) in
    do {
      try body(benchmark)
    } catch {
      benchmark.error("\(name): \(error)")
    }
  }
}
