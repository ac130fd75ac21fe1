// SPDX-License-Identifier: MIT

internal import Glibc
internal import Histogram

/// Latencies of one kind of operation, in nanoseconds, the clock's cost included.
public struct Latency: Sendable, Hashable {
  /// The mean.
  public var mean = 0.0
  /// The median.
  public var p50 = 0
  /// Of 100 calls, the slowest but one takes so long.
  public var p99 = 0
  /// Of 1,000 calls, the slowest but one takes so long.
  public var p999 = 0
  /// The slowest call.
  public var worst = 0
  /// How many were measured.
  public var count = 0
  /// The latency at each of ``percentiles``.
  public var distribution: [Int] = []

  /// 0 %, then in steps of a tenth of the way from one nine to the next, up to 99.9999 %.
  public static let percentiles: [Double] =
    [0] + (1...60).map { 100 - 100 * pow(10, -Double($0) / 10) }

  init() {}

  init(_ histogram: Histogram<UInt32>) {
    guard histogram.totalCount > 0 else { return }
    count = Int(histogram.totalCount)
    mean = histogram.mean
    p50 = Int(histogram.valueAtPercentile(50))
    p99 = Int(histogram.valueAtPercentile(99))
    p999 = Int(histogram.valueAtPercentile(99.9))
    worst = Int(histogram.max)
    distribution = Self.percentiles.map { Int(histogram.valueAtPercentile($0)) }
  }
}
