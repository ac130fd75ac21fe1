// SPDX-License-Identifier: MIT

// Competition mode: what an allocator costs in pages and in time.
//
// Terms: the *penalty* is the mean, over the events after which blocks are live, of
// (pages in use × page size − live bytes) / live bytes. The *score* is seconds × (1 + penalty).
//
// Pages and time are taken in runs of their own, so that neither disturbs the other: one run for the
// penalty, an odd number of runs for the mean time of an operation (their median counts), one run for
// the latencies. They include what the clock costs, which is told beside them.

public import Allocators
internal import Glibc
internal import Histogram
public import Pages

/// What an allocator came to in a contest.
public struct Contest: Sendable {
  /// Latencies of one kind of operation, in nanoseconds, the clock's cost included.
  public struct Latency: Sendable, Hashable {
    public var mean = 0.0
    public var p50 = 0
    public var p99 = 0
    public var p999 = 0
    public var worst = 0
  }

  public private(set) var penalty = 0.0
  public private(set) var refused = 0
  public private(set) var statistics = PageStatistics()
  /// Of an operation in the median run, in time of the processor: other processes don't count, but
  /// for what they do to the caches.
  public private(set) var nanosecondsPerOperation = 0.0
  public private(set) var allocate = Latency()
  public private(set) var free = Latency()
  /// What reading the clock twice costs, in nanoseconds: the latencies include it.
  public private(set) var clockCost = 0

  /// Replays a trace in all runs.
  ///
  /// - Parameter runs: how many the median time is taken of.
  public init<Allocator: KernelMemoryAllocator & ~Copyable>(
    _ trace: Trace, with type: Allocator.Type, pageSize: PageSize = PagePool.usualPageSize,
    limit: Int = PagePool.usualLimit, runs: Int = 9
  ) throws(AllocationError) {
    var pool = try PagePool(pageSize: pageSize, limit: limit)
    var steps = Steps(trace)
    var allocator = Allocator()
    steps.weigh(&allocator, &pool, into: &self)
    statistics = pool.statistics
    var times: [Int] = []
    for _ in 0..<max(1, runs) {
      let begin = Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
      steps.run(&allocator, &pool)
      times.append(Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begin)
    }
    nanosecondsPerOperation = Double(times.sorted()[times.count / 2]) / Double(max(1, steps.count))
    steps.time(&allocator, &pool, into: &self)
  }

  static func nanoseconds(_ clock: clockid_t = CLOCK_MONOTONIC) -> Int {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// A trace laid out for speed: what to free is known with its size.
  @safe
  struct Steps {
    private struct Step {
      var id: UInt32
      /// Positive: allocate as many bytes. Negative: free as many.
      var size: Int32
    }

    private var steps: [Step] = []
    private var blocks: [UnsafeMutableRawPointer?]

    private let idCount: Int

    var count: Int { steps.count }

    init(_ trace: Trace) {
      unsafe blocks = Array(repeating: nil, count: trace.idCount)
      idCount = trace.idCount
      var sizes = [Int32](repeating: 0, count: trace.idCount)
      for event in trace.events {
        switch event {
        case .request(let id, let size):
          sizes[id] = Int32(size)
          steps.append(Step(id: UInt32(id), size: sizes[id]))
        case .resize(let id, let size):
          steps.append(Step(id: UInt32(id), size: -sizes[id]))
          sizes[id] = Int32(size)
          steps.append(Step(id: UInt32(id), size: sizes[id]))
        case .free(let id):
          steps.append(Step(id: UInt32(id), size: -sizes[id]))
        }
      }
    }

    /// Replays, and does nothing else.
    mutating func run<Allocator: KernelMemoryAllocator & ~Copyable>(
      _ allocator: inout Allocator, _ pool: inout PagePool
    ) {
      for step in steps {
        let id = Int(step.id)
        if step.size > 0 {
          unsafe blocks[id] = allocator.allocate(Int(step.size), from: &pool)
        } else if let block = unsafe blocks[id] {
          unsafe allocator.free(block, size: -Int(step.size), to: &pool)
          unsafe blocks[id] = nil
        }
      }
      release(&allocator, &pool)
    }

    /// Frees what the trace leaves, so that the next run starts afresh.
    private mutating func release<Allocator: KernelMemoryAllocator & ~Copyable>(
      _ allocator: inout Allocator, _ pool: inout PagePool
    ) {
      guard pool.statistics.inUse > 0 else { return }
      var sizes = [Int](repeating: 0, count: idCount)
      for step in steps where step.size > 0 { sizes[Int(step.id)] = Int(step.size) }
      for id in sizes.indices {
        guard let block = unsafe blocks[id] else { continue }
        unsafe allocator.free(block, size: sizes[id], to: &pool)
        unsafe blocks[id] = nil
      }
    }

    /// Replays, and takes the penalty.
    mutating func weigh<Allocator: KernelMemoryAllocator & ~Copyable>(
      _ allocator: inout Allocator, _ pool: inout PagePool, into contest: inout Contest
    ) {
      let pageBytes = pool.pageSize.bytes.rawValue
      var live = 0
      var sum = 0.0
      var counted = 0
      for step in steps {
        let id = Int(step.id)
        if step.size > 0 {
          let block = unsafe allocator.allocate(Int(step.size), from: &pool)
          unsafe blocks[id] = block
          if unsafe block != nil { live += Int(step.size) } else { contest.refused += 1 }
        } else if let block = unsafe blocks[id] {
          unsafe allocator.free(block, size: -Int(step.size), to: &pool)
          unsafe blocks[id] = nil
          live += Int(step.size)
        }
        if live > 0 {
          sum += Double(pool.statistics.inUse * pageBytes - live) / Double(live)
          counted += 1
        }
      }
      contest.penalty = counted == 0 ? 0 : sum / Double(counted)
      release(&allocator, &pool)
    }

    /// Replays, and takes the time of each operation.
    mutating func time<Allocator: KernelMemoryAllocator & ~Copyable>(
      _ allocator: inout Allocator, _ pool: inout PagePool, into contest: inout Contest
    ) {
      var allocations = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
      var frees = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
      for step in steps {
        let id = Int(step.id)
        let begin = Contest.nanoseconds()
        if step.size > 0 {
          unsafe blocks[id] = allocator.allocate(Int(step.size), from: &pool)
          allocations.record(UInt64(Contest.nanoseconds() - begin))
        } else if let block = unsafe blocks[id] {
          unsafe allocator.free(block, size: -Int(step.size), to: &pool)
          frees.record(UInt64(Contest.nanoseconds() - begin))
          unsafe blocks[id] = nil
        }
      }
      contest.allocate = Latency(allocations)
      contest.free = Latency(frees)
      var clock = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
      for _ in 0..<1000 {
        let begin = Contest.nanoseconds()
        clock.record(UInt64(Contest.nanoseconds() - begin))
      }
      contest.clockCost = Int(clock.valueAtPercentile(50))
      release(&allocator, &pool)
    }
  }
}

extension Contest.Latency {
  init(_ histogram: Histogram<UInt32>) {
    guard histogram.totalCount > 0 else { return }
    mean = histogram.mean
    p50 = Int(histogram.valueAtPercentile(50))
    p99 = Int(histogram.valueAtPercentile(99))
    p999 = Int(histogram.valueAtPercentile(99.9))
    worst = Int(histogram.max)
  }
}
