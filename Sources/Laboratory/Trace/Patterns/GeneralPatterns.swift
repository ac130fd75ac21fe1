// SPDX-License-Identifier: MIT

// Patterns that no allocator escapes, and those of the classes of sizes.

extension PatternLayout {
  /// Small blocks alone, kept to the end.
  func pageEach() -> Trace {
    var trace = TraceBuilder()
    trace.request(8, times: count)
    return trace.finished()
  }

  /// Fills pages, frees all but about one block in each, and goes on with one block at a time.
  func pinned(isRandom: Bool) -> Trace {
    var trace = TraceBuilder()
    var random = random
    let inPage = page / 64
    let blocks = trace.request(56, times: count)
    var freed = blocks.filter { id in
      isRandom ? Int.random(in: 0..<inPage, using: &random) != 0 : id % inPage != inPage - 1
    }
    if isRandom { freed.shuffle(using: &random) }
    trace.free(freed)
    for _ in 0..<count { trace.free(trace.request(56)) }
    return trace.finished()
  }

  /// A block that fills a page comes and goes.
  func pageBounce() -> Trace {
    var trace = TraceBuilder()
    trace.request(page / 2 + 8)
    for _ in 0..<count { trace.free(trace.request(page - 8)) }
    return trace.finished()
  }

  /// A block that fills a page comes and goes, and a small one stays.
  func largestAndLeast() -> Trace {
    var trace = TraceBuilder()
    for _ in 0..<count / 2 {
      let large = trace.request(page - 8)
      trace.request(8)
      trace.free(large)
    }
    return trace.finished()
  }

  /// Sizes at a distance from powers of two, in turn, kept to the end.
  func sizesAbovePowers(by distance: Int, from first: Int, to last: Int) -> Trace {
    var trace = TraceBuilder()
    for index in 0..<count { trace.request(1 << (first + index % (last - first + 1)) + distance) }
    return trace.finished()
  }

  /// One block of each power of two, then all of them go, in rounds.
  func classPerPage() -> Trace {
    var trace = TraceBuilder()
    for _ in 0..<max(1, count / (pageShift - 3)) {
      let first = trace.count
      for shift in 3..<pageShift { trace.request(1 << shift) }
      trace.free(first..<trace.count)
    }
    return trace.finished()
  }

  /// Class after class takes pages, and keeps one block in each.
  func classThatKeepsPages() -> Trace {
    var trace = TraceBuilder()
    for shift in 4...pageShift - 2 {
      let inPage = page >> shift
      let blocks = trace.request(1 << shift - 8, times: count / (pageShift - 5))
      trace.free(blocks.filter { ($0 - blocks.lowerBound) % inPage != 0 })
    }
    return trace.finished()
  }
}
