// SPDX-License-Identifier: MIT

internal import Allocators
internal import Pages

/// A replay's results, as `--json` writes them.
public struct ReplayRecord: Codable, Sendable, Hashable {
  /// The trace's name.
  public var trace: String
  /// The events that were replayed.
  public var events: Int
  /// Bytes in a page.
  public var pageSize: Int
  /// The number of pages that there are.
  public var maxPages: Int
  /// Where they come from.
  public var pages: String
  /// Whether blocks were filled and checked.
  public var checked: Bool
  /// Time of the processor that reading the trace took.
  public var readingSeconds: Double
  /// What reading the clock twice costs: the latencies include it.
  public var clockNanoseconds: Int
  /// What was not replayed.
  public var leftOut: LeftOutRecord
  /// In the plan's order.
  public var allocators: [AllocatorRecord]

  /// The results of a replay.
  public init(_ replay: Replay, trace: String) {
    self.trace = trace
    events = replay.tally.events
    pageSize = replay.plan.pageSize.bytes.rawValue
    maxPages = replay.plan.limit
    pages = replay.plan.source.rawValue
    checked = replay.plan.checksBlocks
    readingSeconds = replay.readingSeconds
    clockNanoseconds = replay.clockCost
    leftOut = LeftOutRecord(replay.tally)
    allocators = zip(replay.plan.allocators, replay.contests).map {
      AllocatorRecord(name: $0, $1)
    }
  }
}

/// What of a trace was not replayed, or could not be met.
public struct LeftOutRecord: Codable, Sendable, Hashable {
  /// Events that the selection left out.
  public var events: Int
  /// Requests among those, and their bytes.
  public var requests: Int
  /// Bytes of those requests.
  public var bytes: Int
  /// Requests that no page can hold, and their bytes.
  public var aboveOnePage: Int
  /// Bytes of those requests.
  public var bytesAboveOnePage: Int

  init(_ tally: TraceTally) {
    events = tally.leftOut
    requests = tally.requestsLeftOut
    bytes = tally.bytesLeftOut
    aboveOnePage = tally.aboveOnePage
    bytesAboveOnePage = tally.bytesAboveOnePage
  }
}

/// The results of an allocator.
public struct AllocatorRecord: Codable, Sendable, Hashable {
  /// The name that people type.
  public var name: String
  /// Whether nothing went wrong.
  public var passed: Bool
  /// What went wrong first.
  public var failure: String?
  /// Requests that got nothing because no page was left.
  public var refused: Int
  /// Bytes of pages in use beyond the bytes requested, relative to these.
  public var penalty: Double
  /// Bytes requested in bytes of pages.
  public var utilisation: Double
  /// Pages that it asked for.
  public var pagesRequested: Int
  /// Pages that it gave back.
  public var pagesFreed: Int
  /// Pages that it still had at the end.
  public var pagesInUse: Int
  /// The most pages that it had at once.
  public var pagesPeak: Int
  /// In the median of the plain runs; nil, as the times below, where the failure ended the replay.
  public var nanosecondsPerOperation: Double?
  /// How many plain runs there were.
  public var runs: Int
  /// To set up the pages and replay once.
  public var replaySeconds: Double?
  /// The process time.
  public var seconds: Double?
  /// The process time, and the penalty on top.
  public var score: Double?
  /// Of allocating.
  public var allocate: LatencyRecord?
  /// Of freeing.
  public var free: LatencyRecord?

  init(name: AllocatorName, _ contest: Contest) {
    self.name = name.rawValue
    passed = contest.passed
    failure = contest.finding.map(\.description)
    refused = contest.refused
    penalty = contest.penalty
    utilisation = contest.utilisation
    pagesRequested = contest.statistics.requested
    pagesFreed = contest.statistics.freed
    pagesInUse = contest.statistics.inUse
    pagesPeak = contest.statistics.peak
    runs = contest.runs
    guard contest.runs > 0 else { return }
    nanosecondsPerOperation = contest.nanosecondsPerOperation
    replaySeconds = contest.replaySeconds
    seconds = contest.seconds
    score = contest.score
    allocate = LatencyRecord(contest.allocate)
    free = LatencyRecord(contest.free)
  }
}

/// Latencies in nanoseconds, the clock's cost included.
public struct LatencyRecord: Codable, Sendable, Hashable {
  /// The mean.
  public var mean: Double
  /// The median.
  public var p50: Int
  /// The 99th percentile.
  public var p99: Int
  /// The 99.9th percentile.
  public var p999: Int
  /// The slowest call.
  public var worst: Int

  init(_ latency: Latency) {
    mean = latency.mean
    p50 = latency.p50
    p99 = latency.p99
    p999 = latency.p999
    worst = latency.worst
  }
}
