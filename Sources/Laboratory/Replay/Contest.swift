// SPDX-License-Identifier: MIT

// What an allocator costs in pages and in time.
//
// Terms: the *penalty* is the mean, over the events after which blocks are live, of
// (pages in use × page size − live bytes) / live bytes. The *utilisation* is the sum of the live bytes
// over the sum of the bytes of pages in use, each after every event. The *process time* is what a
// process takes that does nothing but replay the trace once with this allocator: it starts, reads the
// trace, sets the pages up and replays. The last two are *one replay*, over pages that nobody has
// touched yet. The *score* is process time in seconds × (1 + penalty).
//
// Pages and time are taken in runs of their own, so that neither disturbs the other:
//
//     observed run   pages, penalty, checks
//     plain runs     the time of all operations together, of which the median counts
//     clocked run    the time of each operation, with what the clock costs
//
// Times are those of the processor in plain runs, where other processes count only for what they do to
// the caches, and of the clock on the wall in the clocked run.

public import Pages

/// What an allocator came to on a trace.
public struct Contest: Sendable {
  /// Whether nothing was found wrong.
  public var passed: Bool { finding == nil }
  /// The first thing that went wrong.
  public internal(set) var finding: Finding?
  /// Requests that got nothing because no page was left.
  public internal(set) var refused = 0
  /// Requests that got nothing because no page could hold them.
  public internal(set) var unmet = 0

  /// The mean of what pages in use held beyond what was requested, by what was requested.
  public internal(set) var penalty = 0.0
  /// Bytes requested in bytes of pages in use, over all events.
  public internal(set) var utilisation = 0.0
  /// At the trace's end.
  public internal(set) var statistics = PageStatistics()
  /// What a picture needs, where it was kept.
  public internal(set) var history: History?

  /// Of an operation in the median plain run; 0 where nothing was timed.
  public internal(set) var nanosecondsPerOperation = 0.0
  /// How many plain runs there were.
  public internal(set) var runs = 0
  /// Of allocating.
  public internal(set) var allocate = Latency()
  /// Of freeing.
  public internal(set) var free = Latency()
  /// What reading the clock twice costs, in nanoseconds: the latencies include it.
  public internal(set) var clockCost = 0
  /// To set up the pages and replay once, in seconds.
  public internal(set) var replaySeconds = 0.0
  /// The process time, in seconds.
  public internal(set) var seconds = 0.0

  /// The process time, and the penalty on top: less is better.
  public var score: Double { seconds * (1 + penalty) }
}
