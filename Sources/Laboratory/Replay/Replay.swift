// SPDX-License-Identifier: MIT

// Replays one trace with several allocators, reading it once.
//
//     trace ──TraceReader──▶ events ──TraceLayout──▶ batch ──┬─▶ Racer ─▶ Contest
//     (a file or a pipe)                             of 2^20 ├─▶ Racer ─▶ Contest
//                                                    steps   └─▶ …
//
// A trace that fits into one batch is replayed by one allocator after the other, and several times. Of
// a longer one, every allocator replays each batch before the next one is read: memory does not grow
// with the trace, but with the blocks that are live, and by a bit for each id (TraceReader).

public import Pages

/// A trace, replayed with some allocators.
public struct Replay: Sendable {
  /// What is going on.
  public enum Progress: Sendable {
    /// So many events of those declared are read.
    case reading(events: Int, of: Int)
    /// An allocator replays what was read.
    case replaying(AllocatorName, events: Int, of: Int)
  }

  /// What was to be done.
  public let plan: ReplayPlan
  /// In the order of the plan's allocators.
  public private(set) var contests: [Contest] = []
  /// What of the trace was replayed.
  public private(set) var tally = TraceTally()
  /// Calls of an allocator: a resize is two.
  public private(set) var operations = 0
  /// Time of the processor that reading took, with the layout, in seconds.
  public private(set) var readingSeconds = 0.0
  /// What reading the clock twice costs, in nanoseconds: the latencies include it.
  public private(set) var clockCost = 0

  /// Reads a trace from a file or a pipe and replays it: the reader is specialised for that.
  ///
  /// - Parameters:
  ///   - format: how the trace is written; nil to find out from its first lines.
  ///   - progress: is told now and then how far it is.
  ///   - data: takes the data file of an allocator in pieces.
  /// - Throws: ``TraceError`` where the trace is malformed; `AllocationError` where there is no
  ///   memory for the pages; what `data` throws.
  public init(
    reading file: FileInput, format: TraceFormat? = nil, plan: ReplayPlan,
    progress: (Progress) -> Void = { _ in },
    data: ((AllocatorName, [UInt8]) throws -> Void)? = nil
  ) throws {
    try self.init(input: file, format, plan, progress, data)
  }

  /// Reads a trace from anywhere and replays it.
  ///
  /// - Throws: ``TraceError`` where the trace is malformed; `AllocationError` where there is no
  ///   memory for the pages.
  public init<Input: TraceInput & ~Copyable>(
    reading input: consuming Input, format: TraceFormat? = nil, plan: ReplayPlan
  ) throws {
    try self.init(input: input, format, plan, { _ in }, nil)
  }

  private init<Input: TraceInput & ~Copyable>(
    input: consuming Input, _ format: TraceFormat?, _ plan: ReplayPlan,
    _ progress: (Progress) -> Void, _ data: ((AllocatorName, [UInt8]) throws -> Void)?
  ) throws {
    let begin = ReplayClock.thread
    var reader = try TraceReader(input, format: format)
    self.init(plan)
    readingSeconds = Double(ReplayClock.thread - begin) / 1e9
    try run(&reader, progress, data)
  }

  /// Replays a trace that is in memory.
  ///
  /// - Throws: `AllocationError` where there is no memory for the pages.
  public init(_ trace: Trace, plan: ReplayPlan) throws(AllocationError) {
    self.init(plan)
    var events = EventList(trace)
    do {
      try run(&events, { _ in }, nil)
    } catch let error as AllocationError {
      throw error
    } catch {
      preconditionFailure("a trace in memory is well-formed: \(error)")
    }
  }

  private init(_ plan: ReplayPlan) { self.plan = plan }

  /// Time of the processor that the process has taken so far, in seconds: the part of the process time
  /// that comes before the first trace is read.
  public static var processSeconds: Double { Double(ReplayClock.process) / 1e9 }

  private mutating func run<Source: EventSource & ~Copyable>(
    _ source: inout Source, _ progress: (Progress) -> Void,
    _ data: ((AllocatorName, [UInt8]) throws -> Void)?
  ) throws {
    let declared = source.declaredEvents
    var layout = TraceLayout(plan.selection, largest: plan.largestRequest, events: declared)
    var batch = Batch()
    func contestant(_ name: AllocatorName) throws -> Contestant {
      let lines = data.map { data in DataLines { piece in try data(name, piece) } }
      return try plan.source.contestant(name, plan, declared, lines)
    }
    var isLast = try read(&source, &layout, &batch, progress)
    if isLast {
      for name in plan.allocators {
        progress(.replaying(name, events: declared, of: declared))
        let contestant = try contestant(name)
        try contestant.replayWhole(batch, layout.remainder)
        contests.append(
          try contestant.finish(layout.remainder, operations))
      }
    } else {
      let contestants = try plan.allocators.map { ($0, try contestant($0)) }
      while true {
        for (name, contestant) in contestants {
          progress(.replaying(name, events: source.readEvents, of: declared))
          try contestant.replay(batch)
        }
        if isLast { break }
        batch.removeAll()
        isLast = try read(&source, &layout, &batch, progress)
      }
      let remainder = layout.remainder
      contests = try contestants.map { _, contestant in
        try contestant.finish(remainder, operations)
      }
    }
    tally = layout.tally
    clockCost = ReplayClock.cost
    for index in contests.indices where contests[index].runs > 0 {
      contests[index].clockCost = clockCost
      contests[index].seconds += plan.startSeconds + readingSeconds
    }
  }

  /// Fills the batch; true where the trace ends with it.
  private mutating func read<Source: EventSource & ~Copyable>(
    _ source: inout Source, _ layout: inout TraceLayout, _ batch: inout Batch,
    _ progress: (Progress) -> Void
  ) throws -> Bool {
    var isLast = false
    let piece = min(1 << 16, plan.batchCapacity)
    let begin = ReplayClock.thread
    // What a trace declares is not yet true: no more than a batch is set aside on its word.
    batch.steps.reserveCapacity(min(source.declaredEvents, plan.batchCapacity) + 1)
    readingSeconds += Double(ReplayClock.thread - begin) / 1e9
    while !isLast, batch.steps.count < plan.batchCapacity {
      progress(.reading(events: source.readEvents, of: source.declaredEvents))
      let begin = ReplayClock.thread
      let end = batch.steps.count + piece
      while batch.steps.count < end {
        let taken = source.takePlain(most: end - batch.steps.count) { events in
          layout.add(events, to: &batch)
        }
        if taken > 0 { continue }
        if let event = try source.next() {
          layout.add(event, to: &batch)
        } else {
          isLast = true
          break
        }
      }
      batch.slotCount = layout.slotCount
      readingSeconds += Double(ReplayClock.thread - begin) / 1e9
    }
    operations += batch.steps.count
    return isLast
  }
}

/// Where events come from, one by one.
protocol EventSource: ~Copyable {
  /// How many there will be.
  var declaredEvents: Int { get }
  var readEvents: Int { get }
  /// Shows events that are at hand, packed, up to a number; as many as `take` returns are handed out.
  mutating func takePlain(most: Int, _ take: (Span<UInt64>) -> Int) -> Int
  /// The next event, or nil at the end.
  mutating func next() throws(TraceError) -> TraceEvent?
}

extension TraceReader: EventSource where Input: ~Copyable {
  var readEvents: Int { events }
}

/// The events of a trace in memory.
struct EventList: EventSource {
  private let trace: Trace
  private(set) var readEvents = 0

  init(_ trace: Trace) { self.trace = trace }

  var declaredEvents: Int { trace.events.count }

  mutating func takePlain(most: Int, _ take: (Span<UInt64>) -> Int) -> Int {
    let end = min(readEvents + most, trace.events.count)
    let taken = take(trace.events.packed.span.extracting(readEvents..<end))
    readEvents += taken
    return taken
  }

  mutating func next() throws(TraceError) -> TraceEvent? {
    guard readEvents < trace.events.count else { return nil }
    defer { readEvents += 1 }
    return trace.events[readEvents]
  }
}
