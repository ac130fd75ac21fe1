// SPDX-License-Identifier: MIT

// What the model of Linux's physical memory costs. Limits are times: nothing else does the same. They
// are of the thread's processor time, which other work on the machine lengthens least; a sample is the
// median of many short runs.

internal import CMeasure
internal import Measuring

extension Metric {
  /// A thousandth of a nanosecond, for one allocation and its free.
  static let pair = Metric("nanoseconds a pair x1000")
  /// The same for one page.
  static let page = Metric("nanoseconds a page x1000")
  static let processorMicroseconds = Metric("processor microseconds")
  static let residentKibibytes = Metric("resident KiB")
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
