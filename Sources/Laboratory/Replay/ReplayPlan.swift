// SPDX-License-Identifier: MIT

public import Pages

/// How a trace is replayed.
public struct ReplayPlan: Sendable {
  /// In the order of the results.
  public var allocators: [AllocatorName]
  /// Where the pages come from.
  public var source: PageSourceName
  /// Bytes in a page.
  public var pageSize: PageSize
  /// The number of pages.
  public var limit: Int
  /// Whether every block is filled, checked and compared with the others.
  public var checksBlocks: Bool
  /// Whether the allocator's own invariants are checked after every event, which takes long.
  public var checksInvariants: Bool
  /// Whether the figures over events and the map of the pages are kept for a picture.
  public var keepsHistory: Bool
  /// How often a trace that fits into one batch is replayed at least for the time of an operation.
  public var runs: Int
  /// Which of the requests are replayed.
  public var selection: TraceSelection
  /// Time of the processor that went by before the trace was read, in seconds.
  public var startSeconds = 0.0
  /// The most steps in a batch.
  var batchCapacity = Batch.usualCapacity

  /// A plan that checks blocks and keeps no history, but for what is said.
  public init(
    allocators: [AllocatorName], source: PageSourceName = .pool,
    pageSize: PageSize = PagePool.usualPageSize, limit: Int = PagePool.usualLimit,
    checksBlocks: Bool = true, checksInvariants: Bool = false, keepsHistory: Bool = false,
    runs: Int = 9, selection: TraceSelection = TraceSelection()
  ) {
    self.allocators = allocators
    self.source = source
    self.pageSize = pageSize
    self.limit = limit
    self.checksBlocks = checksBlocks
    self.checksInvariants = checksInvariants
    self.keepsHistory = keepsHistory
    self.runs = runs
    self.selection = selection
  }

  /// The largest request that is met, in bytes.
  public var largestRequest: Int { pageSize.bytes.rawValue - 8 }
}
