// SPDX-License-Identifier: MIT

import Allocators
import Glibc
import Instruments
import Pages
import Testing

@testable import Laboratory

@Suite struct ReplayTests {
  static func trace(
    _ count: Int, _ lifetime: TraceRecipe.Lifetime = .early, sizes: ClosedRange<Int> = 8...8000,
    seed: UInt64 = 5
  ) -> Trace {
    Trace(
      TraceRecipe(count: count, distribution: .log, sizes: sizes, lifetime: lifetime, seed: seed))
  }

  @Test(arguments: AllocatorName.allCases, PageSourceName.allCases)
  func `a trace passes every check`(name: AllocatorName, source: PageSourceName) throws {
    for lifetime in [TraceRecipe.Lifetime.uniform, .early] {
      let plan = ReplayPlan(allocators: [name], source: source, runs: 1)
      let replay = try Replay(Self.trace(2000, lifetime), plan: plan)
      let contest = replay.contests[0]
      #expect(contest.finding == nil)
      #expect(contest.statistics.inUse == 0)
      #expect(contest.statistics.requested == contest.statistics.freed)
      #expect(contest.statistics.requested > 0)
    }
  }

  @Test(arguments: AllocatorName.allCases)
  func `few pages are enough or refused`(name: AllocatorName) throws {
    let trace = Self.trace(1000, .uniform, sizes: 8...8184, seed: 6)
    for limit in [1, 3, 64] {
      let plan = ReplayPlan(allocators: [name], limit: limit, checksInvariants: true, runs: 1)
      let contest = try Replay(trace, plan: plan).contests[0]
      #expect(contest.refused > 0 && contest.statistics.peak <= limit)
      guard case .exhausted(_, limit) = contest.finding?.problem else {
        Issue.record("\(String(describing: contest.finding)) with \(limit) pages")
        continue
      }
    }
  }

  @Test func `what an allocator does wrong is found`() throws {
    /// Hands out the same block twice, or one that is not aligned.
    struct Faulty: KernelMemoryAllocator, ~Copyable {
      nonisolated(unsafe) static var page: UnsafeMutableRawPointer?
      nonisolated(unsafe) static var offset = 0
      init() { Self.page = nil }
      mutating func allocate<S: PageSource & ~Copyable>(
        _ size: Int, from source: inout S
      ) -> UnsafeMutableRawPointer? {
        if size == 99 { return nil }
        if Self.page == nil { Self.page = try? source.getPage() }
        return Self.page.map { $0 + Self.offset }
      }
      mutating func free<S: PageSource & ~Copyable>(
        _ block: UnsafeMutableRawPointer, size: Int, to source: inout S
      ) {
        // What is live beside it is spoilt.
        if size == 24 { block.storeBytes(of: 0, toByteOffset: -64, as: UInt8.self) }
      }
      func checkInvariants() -> Bool { true }
    }
    func finding(_ text: String, offset: Int, step: Int = 0) throws -> Finding? {
      Faulty.offset = offset
      let trace = try Trace(reading: BytesInput(Array(text.utf8)))
      var layout = TraceLayout(TraceSelection(), largest: 8184)
      let plan = ReplayPlan(allocators: [])
      var run = try ObservedRun<Faulty, PagePool>(
        plan, declaredEvents: trace.events.count, lines: nil)
      for event in trace.events {
        var batch = Batch()
        layout.add(event, to: &batch)
        try run.replay(batch)
        Faulty.offset += step
      }
      return try run.finish(layout.remainder).finding
    }
    let two = "4\nREQUEST 0 16\nREQUEST 1 16\nFREE 0\nFREE 1\n"
    #expect(try finding(two, offset: 0) == Finding(.overlap, event: 2))
    #expect(try finding(two, offset: 4) == Finding(.misaligned, event: 1))
    #expect(try finding(two, offset: 8184) == Finding(.outsidePage, event: 1))
    #expect(
      try finding("2\nREQUEST 0 16\nFREE 0\n", offset: 0) == Finding(.leak(pages: 1), event: 2))
    #expect(
      try finding("1\nREQUEST 0 99\n", offset: 0) == Finding(.refused(size: 99), event: 1))
    // The second block's free spoils the first, which is found when that is freed, or at the end.
    let spoilt = "REQUEST 0 16\nREQUEST 1 24\nFREE 1\n"
    #expect(
      try finding("4\n\(spoilt)FREE 0\n", offset: 64, step: 64)
        == Finding(.overwritten, event: 4))
    #expect(try finding("3\n\(spoilt)", offset: 64, step: 64) == Finding(.overwritten, event: 3))
  }

  @Test(arguments: AllocatorName.allCases)
  func `a contest has all its figures`(name: AllocatorName) throws {
    let result = try name.race(Self.trace(500, sizes: 8...4000, seed: 9), runs: 3)
    #expect(result.passed && result.refused == 0 && result.statistics.inUse == 0)
    #expect(result.penalty > 0 && result.nanosecondsPerOperation > 0)
    #expect(result.utilisation > 0 && result.utilisation < 1)
    for latency in [result.allocate, result.free] {
      #expect(latency.count == 500)
      #expect(latency.p50 <= latency.p99 && latency.p99 <= latency.p999)
      #expect(latency.p999 <= latency.worst && latency.worst > 0)
      #expect(latency.distribution == latency.distribution.sorted())
    }
    #expect(result.seconds > 0 && result.score > result.seconds)
  }

  @Test(arguments: [1, 7, 4000])
  func `a trace in many batches comes to the same as in one`(capacity: Int) throws {
    let text = Array(Self.trace(3000).text.utf8)
    func replay(_ capacity: Int?) throws -> (Replay, [AllocatorName: [UInt8]]) {
      var plan = ReplayPlan(
        allocators: [.buddy, .bestFit], keepsHistory: true, runs: 1)
      if let capacity { plan.batchCapacity = capacity }
      var data: [AllocatorName: [UInt8]] = [:]
      // Through a pipe, as a file is read.
      let replay = try Replay(plan: plan, text: text) { data[$0, default: []] += $1 }
      return (replay, data)
    }
    let (whole, wholeData) = try replay(nil)
    let (parts, partsData) = try replay(capacity)
    #expect(parts.operations == 6000 && parts.tally == whole.tally && partsData == wholeData)
    for (one, other) in zip(whole.contests, parts.contests) {
      #expect(one.penalty == other.penalty && one.statistics == other.statistics)
      #expect(one.history?.pagesInUse == other.history?.pagesInUse)
      #expect(one.history?.maps == other.history?.maps)
      #expect(other.passed && other.allocate.count == 3000 && other.free.count == 3000)
      #expect(one.runs > 1 || one.runs == 1 && other.runs == 1)
    }
  }

  @Test func `the data file has a line for each event`() throws {
    let text = "5\nREQUEST 0 100\nREQUEST 1 8185\nREQUEST 2 5000\nFREE 1\nFREE 0\n"
    var data: [UInt8] = []
    let replay = try Replay(plan: ReplayPlan(allocators: [.dummy]), text: Array(text.utf8)) {
      data += $1
    }
    #expect(
      String(decoding: data, as: UTF8.self) == """
        0 0 0
        1 100 8192
        2 100 8192
        3 5100 16384
        4 5100 16384
        5 5000 8192

        """)
    let contest = replay.contests[0]
    #expect(contest.passed && contest.unmet == 1 && replay.tally.aboveOnePage == 1)
    // The third block is left by the trace; it is no leak.
    #expect(contest.statistics.inUse == 1)
    let ratios = [8092.0 / 100, 8092.0 / 100, 11284.0 / 5100, 11284.0 / 5100, 3192.0 / 5000]
    #expect(abs(contest.penalty - ratios.reduce(0, +) / 5) < 1e-12)
    #expect(abs(contest.utilisation - 15400.0 / 57344) < 1e-12)
  }

  @Test func `a resize is two calls and one event`() throws {
    let text = "0\n2\n6\n1\na 0 100\nr 0 5000\nr 0 60\na 1 8000\nf 0\nf 1\n"
    for name in AllocatorName.allCases {
      let replay = try Replay(
        reading: BytesInput(Array(text.utf8)), format: .rep,
        plan: ReplayPlan(allocators: [name], checksInvariants: true))
      #expect(replay.tally.events == 6 && replay.operations == 8)
      #expect(replay.contests[0].passed && replay.contests[0].statistics.inUse == 0)
    }
  }
}

extension Replay {
  /// Replays a text that is read through a file, as the command does.
  init(plan: ReplayPlan, text: [UInt8], data: (AllocatorName, [UInt8]) throws -> Void) throws {
    let path = "/tmp/tamalloc-replay-\(UInt64.random(in: 0...(.max)))"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    unlink(path)
    defer { close(descriptor) }
    var rest = text[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      try #require(written > 0)
      rest = rest.dropFirst(written)
    }
    lseek(descriptor, 0, SEEK_SET)
    self = try withoutActuallyEscaping(data) { data in
      try Replay(reading: FileInput(descriptor: descriptor), plan: plan, data: data)
    }
  }
}
