// SPDX-License-Identifier: MIT

internal import Benchmark

let benchmarks: @Sendable () -> Void = {
  reserving()
  fills()
  touching()
  arrays()
  usages()
}
