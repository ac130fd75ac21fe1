// SPDX-License-Identifier: MIT

internal import Allocators
internal import Pages

/// An allocator in its runs, whatever its type: one call a batch.
protocol Contestant: AnyObject {
  /// Replays a batch of a trace that has several, in every run.
  func replay(_ batch: borrowing Batch) throws

  /// Replays a trace that is one batch, again and again.
  func replayWhole(_ batch: borrowing Batch, remainder: [Step]) throws

  /// The results.
  ///
  /// - Parameter operations: how many steps the trace has.
  func finish(remainder: [Step], operations: Int) throws -> Contest
}

extension AllocatorName {
  // Spelled out, so that the runs are specialised for each pair of types.

  /// The allocator of this name over pages, ready to start.
  func contestant<Source: ReplayPages & ~Copyable>(
    over source: Source.Type, _ plan: ReplayPlan, _ declaredEvents: Int, _ lines: DataLines?
  ) throws(AllocationError) -> any Contestant {
    switch self {
    case .dummy: try Racer<DummyAllocator, Source>(plan, declaredEvents, lines)
    case .firstFit: try Racer<FirstFitResourceMap, Source>(plan, declaredEvents, lines)
    case .bestFit: try Racer<BestFitResourceMap, Source>(plan, declaredEvents, lines)
    case .worstFit: try Racer<WorstFitResourceMap, Source>(plan, declaredEvents, lines)
    case .buddy: try Racer<BuddySystem, Source>(plan, declaredEvents, lines)
    case .lazyBuddy: try Racer<LazyBuddy, Source>(plan, declaredEvents, lines)
    case .powerOfTwo: try Racer<PowerOfTwoFreeLists, Source>(plan, declaredEvents, lines)
    case .mcKusickKarels: try Racer<McKusickKarels, Source>(plan, declaredEvents, lines)
    case .nearBestFit: try Racer<NearBestFit, Source>(plan, declaredEvents, lines)
    }
  }
}

/// The three runs of an allocator over pages of a source, each with pages of its own.
final class Racer<Allocator, Source>: Contestant
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
    observed = try ObservedRun(plan, declaredEvents: declaredEvents, lines: lines)
    let begin = Clock.thread
    plain = try PlainRun(plan)
    onceNanoseconds = Clock.thread - begin
    clocked = try ClockedRun(plan)
    leastRuns = plan.runs
  }

  func replay(_ batch: borrowing Batch) throws {
    try observed.replay(batch)
    guard !observed.isBroken else { return }
    plain.replay(batch.steps, slotCount: batch.slotCount)
    clocked.replay(batch.steps, slotCount: batch.slotCount)
  }

  func replayWhole(_ batch: borrowing Batch, remainder: [Step]) throws {
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

  func finish(remainder: [Step], operations: Int) throws -> Contest {
    var contest = try observed.finish(remainder)
    guard !observed.isBroken else { return contest }
    if times.isEmpty { times = [plain.release(remainder)] }
    contest.seconds = Double(onceNanoseconds + times[0]) / 1e9
    contest.runs = times.count
    contest.nanosecondsPerOperation =
      Double(times.sorted()[times.count / 2]) / Double(max(1, operations))
    (contest.allocate, contest.free) = clocked.latencies
    return contest
  }
}
