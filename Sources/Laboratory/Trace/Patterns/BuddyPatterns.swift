// SPDX-License-Identifier: MIT

// Patterns for the buddy systems.

extension PatternLayout {
  /// The least block comes and goes where nothing but half a page is free.
  func buddySplitMerge() -> Trace {
    var trace = TraceBuilder()
    for shift in (pageShift - 5)..<(pageShift - 1) { trace.request(1 << shift - 8) }
    for _ in 0..<count { trace.free(trace.request(8)) }
    return trace.finished()
  }

  /// Of every four blocks in a row two neighbours go, and then twice their size is wanted.
  ///
  /// - Parameter first: which two: 1 and 2 are neighbours and no buddies, 2 and 3 are buddies.
  func checkerboard(freeing first: Int) -> Trace {
    var trace = TraceBuilder()
    let blocks = trace.request(24, times: count * 4 / 5)
    trace.free(blocks.filter { $0 % 4 == first || $0 % 4 == first + 1 })
    trace.request(56, times: count / 5)
    return trace.finished()
  }

  /// Blocks are taken and freed in bursts, so that the slack is used up by each.
  func lazyThrash() -> Trace {
    var trace = TraceBuilder()
    for round in 0..<max(1, count / 64) {
      let blocks = trace.request(56, times: 64)
      trace.free(round % 16 == 0 ? blocks.dropFirst() : blocks[...])
    }
    return trace.finished()
  }
}
