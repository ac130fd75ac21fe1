// SPDX-License-Identifier: MIT

internal import Allocators
internal import Pages

/// A run that takes the pages and, in correctness mode, checks all that can be checked from outside.
///
/// Requests that no page holds, and those of 0 bytes, are refused as a rule; a refusal of any other is
/// a finding, and the run goes on. Behind any other finding nothing can be trusted, and the run ends.
struct ObservedRun<Allocator, Source>: ~Copyable
where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
  private var allocator = Allocator()
  private var pages: NotingPages<Source>
  private var blocks = ReplayBlocks()
  private var ledger: ReplayLedger?
  private var recorder: HistoryRecorder?
  private var lines: DataLines?
  private let checksInvariants: Bool
  private let largest: Int
  private let pageBytes: Int
  private let limit: Int

  private var event = 0
  private var liveBytes = 0
  private var liveBlocks = 0
  private var ratioSum = 0.0
  private var ratioCount = 0
  private var liveSum = 0.0
  private var pageSum = 0.0
  private var finding: Finding?
  private var refused = 0
  private var unmet = 0
  /// Whether the run ended before the trace.
  private(set) var isBroken = false

  init(
    _ plan: ReplayPlan, declaredEvents: Int, lines: DataLines?
  ) throws(AllocationError) {
    self.lines = lines
    limit = plan.limit
    pages = NotingPages(try Source(pageSize: plan.pageSize, limit: plan.limit))
    pageBytes = plan.pageSize.bytes.rawValue
    largest = plan.largestRequest
    checksInvariants = plan.checksInvariants
    if plan.checksBlocks { ledger = ReplayLedger() }
    if plan.keepsHistory {
      recorder = HistoryRecorder(events: declaredEvents, pageBytes: pageBytes)
    }
  }

  /// Replays a batch.
  ///
  /// - Throws: what the data file's sink throws.
  mutating func replay(_ batch: borrowing Batch) throws {
    guard !isBroken else { return }
    blocks.grow(to: batch.slotCount)
    ledger?.grow(to: batch.slotCount)
    var continued = batch.continued[...]
    for position in batch.steps.indices {
      let step = batch.steps[position]
      if step.isRequest { request(step) } else { free(step) }
      if isBroken { return }
      if continued.first == position {
        continued.removeFirst()
        continue
      }
      endEvent()
      try lines?.add(
        event: event, liveBytes: liveBytes, pageBytes: pages.statistics.inUse * pageBytes)
    }
  }

  private mutating func request(_ step: Step) {
    let exhaustions = pages.exhaustions
    guard let block = unsafe allocator.allocate(step.size, from: &pages) else {
      if step.size == 0 || step.size > largest {
        unmet += 1
      } else {
        refused += 1
        note(
          pages.exhaustions > exhaustions
            ? .exhausted(size: step.size, limit: limit) : .refused(size: step.size),
          at: event + 1)
      }
      return
    }
    unsafe blocks[step.slot] = block
    if let problem = unsafe ledger?.add(step.slot, block, size: step.size, in: pages.base) {
      return end(problem)
    }
    liveBytes += step.size
    liveBlocks += 1
    unsafe recorder?.count(step.size, inPage: pages.base.offset(of: block) / pageBytes)
  }

  private mutating func free(_ step: Step) {
    guard let block = unsafe blocks[step.slot] else { return }
    if let problem = ledger?.remove(step.slot, in: pages.base) { return end(problem) }
    unsafe allocator.free(block, size: step.size, to: &pages)
    unsafe blocks[step.slot] = nil
    liveBytes -= step.size
    liveBlocks -= 1
    unsafe recorder?.count(-step.size, inPage: pages.base.offset(of: block) / pageBytes)
  }

  private mutating func endEvent() {
    event += 1
    let allocated = Double(pages.statistics.inUse * pageBytes)
    let live = Double(liveBytes)
    if liveBytes > 0 {
      ratioSum += (allocated - live) / live
      ratioCount += 1
    }
    liveSum += live
    pageSum += allocated
    recorder?.endEvent(event, liveBytes: liveBytes, in: pages.base)
    if checksInvariants, !allocator.checkInvariants() {
      note(.brokenInvariant, at: event)
      isBroken = true
    }
  }

  /// Ends the run with what is wrong.
  private mutating func end(_ problem: Finding.Problem) {
    note(problem, at: event + 1)
    isBroken = true
  }

  private mutating func note(_ problem: Finding.Problem, at event: Int) {
    if finding == nil { finding = Finding(problem, event: event) }
  }

  /// Takes the figures at the trace's end, frees what it leaves, and looks for leaks.
  mutating func finish(_ remainder: [Step]) throws -> Contest {
    try lines?.flush()
    var contest = Contest()
    contest.statistics = pages.statistics
    if !isBroken, let problem = ledger?.checkAll(in: pages.base) {
      note(problem, at: event)
      isBroken = true
    }
    recorder?.finish(event, liveBytes: liveBytes, in: pages.base)
    contest.history = recorder?.history
    recorder = nil
    for step in remainder where !isBroken { free(step) }
    if !isBroken, liveBlocks == 0, pages.statistics.inUse > 0 {
      note(.leak(pages: pages.statistics.inUse), at: event)
    }
    contest.finding = finding
    contest.refused = refused
    contest.unmet = unmet
    contest.penalty = ratioCount == 0 ? 0 : ratioSum / Double(ratioCount)
    contest.utilisation = pageSum == 0 ? 0 : liveSum / pageSum
    return contest
  }
}
