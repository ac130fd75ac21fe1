// SPDX-License-Identifier: MIT

// Patterns for maps of extents: first, best, worst and near-best fit.

extension PatternLayout {
  /// Holes between pins that are a little too short for what follows.
  func firstFitComb() -> Trace {
    var trace = TraceBuilder()
    let holes = comb(72, times: count / 3, &trace)
    trace.free(holes)
    trace.request(96, times: count / 3)
    return trace.finished()
  }

  /// Sizes that double; of each half the survivors stay, where they spoil two holes of the next size.
  ///
  /// Source: J. M. Robson, "An estimate of the store size necessary for dynamic storage allocation",
  /// JACM 18 (1971); "Bounds for some functions concerning dynamic storage allocation", JACM 21 (1974).
  func firstFitStaircase() -> Trace {
    var trace = TraceBuilder()
    let budget = max(count * 6, page)
    var survivors: [(id: Int, size: Int)] = []
    var live = 0
    for shift in 3..<pageShift {
      let size = 1 << shift
      // The distance between survivors: every second one goes.
      var kept: [(id: Int, size: Int)] = []
      for (index, block) in survivors.enumerated() {
        if index % 2 == 0 {
          kept.append(block)
        } else {
          trace.free(block.id)
          live -= block.size
        }
      }
      while live + size <= budget {
        kept.append((trace.request(size), size))
        live += size
      }
      survivors = kept
    }
    return trace.finished()
  }

  /// Fits that leave splinters, where longer extents would leave none; those are too short afterwards
  /// for what the filled holes were made for.
  func bestFitSlivers() -> Trace {
    var trace = TraceBuilder()
    let rounds = count / 4
    let long = page / 2 - 96
    let low = trace.request(long, times: rounds * 48 / long)
    let holes = comb(64, times: rounds, &trace)
    trace.free(low)
    trace.free(holes)
    trace.request(48, times: rounds)
    trace.request(64, times: rounds)
    return trace.finished()
  }

  /// Requests twice as many blocks; returns every second one, which are holes between pins when freed.
  ///
  /// Pins of the same size stand where they should: smaller ones would go into the ends of pages.
  private func comb(_ size: Int, times: Int, _ trace: inout TraceBuilder) -> [Int] {
    trace.request(size, times: 2 * times).filter { $0 % 2 == 0 }
  }

  /// Exact holes in all pages are filled again while what is around them goes.
  func bestFitScatter() -> Trace {
    var trace = TraceBuilder()
    var random = random
    var order: [(id: Int, size: Int)] = (0..<count / 2).map { index in
      let size = 8 * (1 + index % 64)
      return (trace.request(size), size)
    }
    order.shuffle(using: &random)
    let freed = order[..<(order.count / 2)]
    trace.free(freed.map(\.id))
    var older = order[(order.count / 2)...].map(\.id).sorted()[...]
    for block in freed.shuffled(using: &random) {
      trace.request(block.size)
      trace.free(older.prefix(8))
      older = older.dropFirst(8)
    }
    return trace.finished()
  }

  /// Small requests go to the longest holes, though there are some of their size, and large ones then
  /// find none.
  func worstFitShred() -> Trace {
    var trace = TraceBuilder()
    let large = page / 2 - 96
    var holes: [Int] = []
    for _ in 0..<count / 6 {
      holes.append(trace.request(large))
      trace.request(24)
      holes.append(trace.request(24))
      trace.request(24)
    }
    trace.free(holes)
    trace.request(24, times: count / 6)
    trace.request(large, times: count / 6)
    return trace.finished()
  }

  /// Near fits in low pages and exact ones in high pages; then what fits the first exactly is wanted.
  func nearFitWindow() -> Trace {
    var trace = TraceBuilder()
    let times = count / 6
    let near = comb(1088, times: times, &trace)
    let exact = comb(1032, times: times, &trace)
    trace.free(near)
    trace.free(exact)
    trace.request(1032, times: times)
    trace.request(1088, times: times)
    return trace.finished()
  }

  /// Holes of the request's own class that are a little too short.
  func nearFitMisses() -> Trace {
    var trace = TraceBuilder()
    let holes = comb(1024, times: count / 3, &trace)
    trace.free(holes)
    trace.request(1040, times: count / 3)
    return trace.finished()
  }

  /// The lowest page gets a block as the highest loses its last one.
  func lowPageHole() -> Trace {
    var trace = TraceBuilder()
    let large = trace.request(page / 2 + 8, times: count / 2)
    for id in large.reversed() {
      trace.request(page / 2 - 64)
      trace.free(id)
    }
    return trace.finished()
  }
}
