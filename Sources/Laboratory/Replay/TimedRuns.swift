// SPDX-License-Identifier: MIT

internal import Allocators
internal import Histogram
internal import Pages

/// Runs that do nothing but replay, and are timed as a whole.
struct PlainRun<Allocator, Source>: ~Copyable
where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
  private var allocator = Allocator()
  private var pages: Source
  private var blocks = ReplayBlocks()
  /// Time of the processor that replaying took, in nanoseconds.
  private(set) var nanoseconds = 0

  init(_ plan: ReplayPlan) throws(AllocationError) {
    pages = try Source(pageSize: plan.pageSize, limit: plan.limit)
  }

  /// Replays steps, and adds their time.
  mutating func replay(_ steps: [Step], slotCount: Int) {
    blocks.grow(to: slotCount)
    let begin = ReplayClock.thread
    run(steps)
    nanoseconds += ReplayClock.thread - begin
  }

  /// Replays steps that don't count, and takes the time of those that did.
  mutating func release(_ remainder: [Step]) -> Int {
    run(remainder)
    defer { nanoseconds = 0 }
    return nanoseconds
  }

  private mutating func run(_ steps: [Step]) {
    for step in steps {
      if step.isRequest {
        unsafe blocks[step.slot] = allocator.allocate(step.size, from: &pages)
      } else if let block = unsafe blocks[step.slot] {
        unsafe allocator.free(block, size: step.size, to: &pages)
        unsafe blocks[step.slot] = nil
      }
    }
  }
}

/// A run that times each operation.
struct ClockedRun<Allocator, Source>: ~Copyable
where Allocator: KernelMemoryAllocator & ~Copyable, Source: ReplayPages & ~Copyable {
  private var allocator = Allocator()
  private var pages: Source
  private var blocks = ReplayBlocks()
  private var allocations = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
  private var frees = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

  init(_ plan: ReplayPlan) throws(AllocationError) {
    pages = try Source(pageSize: plan.pageSize, limit: plan.limit)
  }

  mutating func replay(_ steps: [Step], slotCount: Int) {
    blocks.grow(to: slotCount)
    for step in steps {
      if step.isRequest {
        let begin = ReplayClock.now
        let block = unsafe allocator.allocate(step.size, from: &pages)
        let end = ReplayClock.now
        unsafe blocks[step.slot] = block
        allocations.record(UInt64(max(0, end - begin)))
      } else if let block = unsafe blocks[step.slot] {
        let begin = ReplayClock.now
        unsafe allocator.free(block, size: step.size, to: &pages)
        let end = ReplayClock.now
        unsafe blocks[step.slot] = nil
        frees.record(UInt64(max(0, end - begin)))
      }
    }
  }

  /// The latencies so far.
  var latencies: (allocate: Latency, free: Latency) { (Latency(allocations), Latency(frees)) }
}
