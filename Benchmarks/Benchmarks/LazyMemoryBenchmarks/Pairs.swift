// SPDX-License-Identifier: MIT

// A machine is never quiet: clocks drift, neighbours come and go. So what is measured here is a
// ratio, of two things done one right after the other, in alternating order, many times; and the
// number that counts is the median of those ratios. What slows both down leaves it alone.

internal import CMeasure
internal import Measuring

/// Nanoseconds that `body` takes.
func time(_ body: () throws -> Void) rethrows -> Int64 {
  let start = cmeasure_nanoseconds()
  try body()
  return max(cmeasure_nanoseconds() - start, 1)
}

/// The middle one, or the upper of the two in the middle.
///
/// - Precondition: there is one.
func median<Value: Comparable>(_ values: [Value]) -> Value {
  values.sorted()[values.count / 2]
}

/// The median over `pairs` of the time of `subject` by that of `peer`, in thousandths.
func ratio(
  pairs: Int, subject: () throws -> Int64, peer: () throws -> Int64
) rethrows -> Int {
  var ratios: [Int] = []
  for pair in 0..<pairs {
    let subjectTime: Int64
    let peerTime: Int64
    if pair % 2 == 0 {
      subjectTime = try subject()
      peerTime = try peer()
    } else {
      peerTime = try peer()
      subjectTime = try subject()
    }
    ratios.append(Int((subjectTime * 1000 + peerTime / 2) / peerTime))
  }
  return median(ratios)
}

extension Metric {
  /// Time, as a multiple of the same done with a bare mmap.
  static let versusMmap = Metric("time vs mmap x1000")
  /// Time, as a multiple of the same done with an UnsafeMutableBufferPointer.
  static let versusBuffer = Metric("time vs buffer x1000")
  static let nanoseconds = Metric("nanoseconds")
  static let microseconds = Metric("microseconds")
  /// Distinguishes slow code from a busy machine where the limit is a time, not a ratio.
  static let processorMicroseconds = Metric("processor microseconds")
  static let releaseMicroseconds = Metric("release microseconds")
  /// Memory that a fill holds from the beginning on.
  static let tileKibibytes = Metric("tile KiB")
}
