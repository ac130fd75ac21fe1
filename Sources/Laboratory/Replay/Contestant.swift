// SPDX-License-Identifier: MIT

internal import Allocators
internal import Pages

/// An allocator in its runs, whatever its type: one call a batch.
///
/// These are closures and no protocol, because the compiler specialises a function for the types that
/// it is called with, and the closures with it, but not the methods of a generic class.
struct Contestant {
  /// Replays a batch of a trace that has several, in every run.
  let replay: (borrowing Batch) throws -> Void

  /// Replays a trace that is one batch, again and again; the steps free what it leaves.
  let replayWhole: (borrowing Batch, [Step]) throws -> Void

  /// The results, after the steps that free what is left, for so many operations.
  let finish: ([Step], Int) throws -> Contest

  init<Allocator, Source>(
    _ allocator: Allocator.Type, _ source: Source.Type, _ plan: ReplayPlan, _ declaredEvents: Int,
    _ lines: DataLines?
  ) throws(AllocationError)
  where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
    let box = Box(try Racer<Allocator, Source>(plan, declaredEvents, lines))
    replay = { batch in try box.racer.replay(batch) }
    replayWhole = { batch, remainder in try box.racer.replayWhole(batch, remainder: remainder) }
    finish = { remainder, operations in
      try box.racer.finish(remainder: remainder, operations: operations)
    }
  }

  private final class Box<Allocator, Source>
  where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
    var racer: Racer<Allocator, Source>
    init(_ racer: consuming Racer<Allocator, Source>) { self.racer = racer }
  }
}

extension AllocatorName {
  // Spelled out, so that the runs are specialised for each pair of types.

  /// The allocator of this name over pages, ready to start.
  func contestant<Source: ReplayPages & ~Copyable>(
    over source: Source.Type, _ plan: ReplayPlan, _ declaredEvents: Int, _ lines: DataLines?
  ) throws(AllocationError) -> Contestant {
    switch self {
    case .dummy: try Contestant(DummyAllocator.self, source, plan, declaredEvents, lines)
    case .firstFit: try Contestant(FirstFitResourceMap.self, source, plan, declaredEvents, lines)
    case .bestFit: try Contestant(BestFitResourceMap.self, source, plan, declaredEvents, lines)
    case .worstFit: try Contestant(WorstFitResourceMap.self, source, plan, declaredEvents, lines)
    case .buddy: try Contestant(BuddySystem.self, source, plan, declaredEvents, lines)
    case .lazyBuddy: try Contestant(LazyBuddy.self, source, plan, declaredEvents, lines)
    case .powerOfTwo: try Contestant(PowerOfTwoFreeLists.self, source, plan, declaredEvents, lines)
    case .mcKusickKarels: try Contestant(McKusickKarels.self, source, plan, declaredEvents, lines)
    case .nearBestFit: try Contestant(NearBestFit.self, source, plan, declaredEvents, lines)
    }
  }
}

/// The three runs of an allocator over pages of a source, each with pages of its own.
struct Racer<Allocator, Source>: ~Copyable
where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
  private var observed: ObservedRun<Allocator, Source>
  private var plain: PlainRun<Allocator, Source>
  private var clocked: ClockedRun<Allocator, Source>
  private let leastRuns: Int

  /// To set up the pages and replay once, in nanoseconds.
  private var onceNanoseconds: Int
  /// What each plain run took, in nanoseconds.
  private var times: [Int] = []

  /// Short traces are repeated until so much time is measured, in nanoseconds: a reading of the
  /// processor's clock costs about 300.
  private static var leastTime: Int { 20_000_000 }
  private static var mostRuns: Int { 9999 }

  init(_ plan: ReplayPlan, _ declaredEvents: Int, _ lines: DataLines?) throws(AllocationError) {
    // Locals first: what is noncopyable can't be half there when a later one throws.
    let observed = try ObservedRun<Allocator, Source>(
      plan, declaredEvents: declaredEvents, lines: lines)
    let begin = ReplayClock.thread
    let plain = try PlainRun<Allocator, Source>(plan)
    let once = ReplayClock.thread - begin
    let clocked = try ClockedRun<Allocator, Source>(plan)
    self.observed = observed
    self.plain = plain
    self.clocked = clocked
    onceNanoseconds = once
    leastRuns = plan.runs
  }

  mutating func replay(_ batch: borrowing Batch) throws {
    try observed.replay(batch)
    guard !observed.isBroken else { return }
    plain.replay(batch.steps, slotCount: batch.slotCount)
    clocked.replay(batch.steps, slotCount: batch.slotCount)
  }

  mutating func replayWhole(_ batch: borrowing Batch, remainder: [Step]) throws {
    try observed.replay(batch)
    guard !observed.isBroken else { return }
    var total = 0
    while times.count < leastRuns || total < Self.leastTime && times.count < Self.mostRuns
      || times.count.isMultiple(of: 2)
    {
      plain.replay(batch.steps, slotCount: batch.slotCount)
      let time = plain.release(remainder)
      times.append(time)
      total += time
      if batch.steps.isEmpty { break }
    }
    clocked.replay(batch.steps, slotCount: batch.slotCount)
  }

  mutating func finish(remainder: [Step], operations: Int) throws -> Contest {
    var contest = try observed.finish(remainder)
    guard !observed.isBroken else { return contest }
    if times.isEmpty { times = [plain.release(remainder)] }
    contest.replaySeconds = Double(onceNanoseconds + times[0]) / 1e9
    contest.seconds = contest.replaySeconds
    contest.runs = times.count
    contest.nanosecondsPerOperation =
      Double(times.sorted()[times.count / 2]) / Double(max(1, operations))
    (contest.allocate, contest.free) = clocked.latencies
    return contest
  }
}
