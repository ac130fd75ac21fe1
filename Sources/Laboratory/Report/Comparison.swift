// SPDX-License-Identifier: MIT

// What the report's page draws, in its smallest form:
//
//     traces ─┬─ record:    the figures, as `lab replay --json` has them
//             ├─ samples:   the events that the curves have a point at
//             ├─ live:      bytes requested and not freed at each
//             ├─ moments:   which samples have a map
//             └─ histories: of each allocator, the pages in use at each sample, the maps, the latencies
//
// A map is a text with a character for each page: 0 to 9, A to Z, a to h for the states of PageMap. All maps
// together keep within a budget: beyond it, the traces that need most lose moments.

/// Everything that the report's page shows.
public struct Comparison: Codable, Sendable {
  /// Of the latencies' distributions.
  public var percentiles = Latency.percentiles
  /// In the order of the command line.
  public var traces: [TracePicture]

  /// Characters that all maps may take.
  public static var usualBudget: Int { 3_000_000 }
  /// The least number of moments that each trace keeps.
  private static var fewest: Int { 12 }

  /// Traces whose maps are thinned out until they fit the budget.
  public init(traces: [TracePicture], budget: Int = usualBudget) {
    self.traces = traces
    while self.traces.reduce(0, { $0 + $1.mapLength }) > budget {
      guard
        let index = self.traces.indices.filter({ self.traces[$0].moments.count > Self.fewest })
          .max(by: { self.traces[$0].mapLength < self.traces[$1].mapLength })
      else { break }
      self.traces[index].thin()
    }
  }
}

/// What the page shows of a trace.
public struct TracePicture: Codable, Sendable {
  /// The figures.
  public var record: ReplayRecord
  /// The events that the curves have a point at.
  public var samples: [Int]
  /// Bytes requested and not freed at each.
  public var live: [Int]
  /// Which samples have a map.
  public var moments: [Int]
  /// Of each allocator, in the record's order.
  public var histories: [HistoryPicture]

  /// - Precondition: the replay kept its histories.
  public init(_ replay: Replay, trace: String) {
    record = ReplayRecord(replay, trace: trace)
    let histories = replay.contests.map { $0.history ?? History() }
    let longest = histories.max { $0.events.count < $1.events.count } ?? History()
    samples = longest.events
    moments = longest.mapSamples
    // What is live is the same for all that refused nothing.
    let whole = zip(replay.contests, histories).first { $0.0.passed }?.1 ?? longest
    live = whole.liveBytes
    let events = samples
    let common = live
    self.histories = zip(replay.contests, histories).map { contest, history in
      HistoryPicture(contest, history, samples: events, live: common)
    }
  }

  /// Characters in all maps.
  var mapLength: Int { histories.reduce(0) { $0 + $1.maps.reduce(0) { $0 + $1.utf8.count } } }

  /// Leaves out about one moment in five; the first and the last stay.
  mutating func thin() {
    let count = moments.count
    let kept = (0..<count).filter { $0 % 5 != 3 || $0 == count - 1 }
    moments = kept.map { moments[$0] }
    for index in histories.indices { histories[index].keepMaps(kept) }
  }
}

/// What the page shows of an allocator on a trace.
public struct HistoryPicture: Codable, Sendable {
  /// Pages in use at each sample.
  public var pages: [Int]
  /// Where it is not the trace's, because requests were refused.
  public var live: [Int]?
  /// The most pages that a map has.
  public var frames: Int
  /// A character for each page, a text for each moment.
  public var maps: [String]
  /// Calls of allocate that were timed.
  public var allocateCount: Int
  /// Their latencies, by the page's percentiles.
  public var allocateDistribution: [Int]
  /// Calls of free that were timed.
  public var freeCount: Int
  /// Their latencies, by the page's percentiles.
  public var freeDistribution: [Int]
  /// The sample behind which something had gone wrong.
  public var failedSample: Int?

  init(_ contest: Contest, _ history: History, samples: [Int], live: [Int]) {
    pages = history.pagesInUse
    self.live = history.liveBytes == live ? nil : history.liveBytes
    frames = history.maps.map(\.states.count).max() ?? 0
    maps = history.maps.map(\.text)
    allocateCount = contest.allocate.count
    allocateDistribution = contest.allocate.distribution
    freeCount = contest.free.count
    freeDistribution = contest.free.distribution
    failedSample = contest.finding.map { finding in
      samples.firstIndex { $0 >= finding.event } ?? samples.count - 1
    }
  }

  mutating func keepMaps(_ kept: [Int]) {
    maps = kept.filter { $0 < maps.count }.map { maps[$0] }
  }
}

extension PageMap {
  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh".utf8)

  /// A character for each page.
  var text: String { String(decoding: states.map { Self.alphabet[Int($0)] }, as: UTF8.self) }
}
