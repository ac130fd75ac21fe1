// SPDX-License-Identifier: MIT

public import Allocators
public import Pages

/// The allocators that can be raced, by the names that people type.
public enum AllocatorName: String, Sendable, CaseIterable {
  case dummy
  case firstFit = "first-fit"
  case bestFit = "best-fit"
  case worstFit = "worst-fit"
  case buddy
  case lazyBuddy = "lazy-buddy"
  case powerOfTwo = "power-of-two"
  case mcKusickKarels = "mckusick-karels"
  case nearBestFit = "near-best-fit"
}

/// What can be done with an allocator of any type.
public protocol AllocatorVisitor: ~Copyable {
  associatedtype Outcome
  /// Does it with a fresh allocator.
  mutating func visit<Allocator: KernelMemoryAllocator & ~Copyable>(
    _ type: Allocator.Type
  ) throws -> Outcome
}

extension AllocatorName {
  /// Hands the type of this name to a visitor: the code behind is specialised for each.
  @inlinable
  public func accept<Visitor: AllocatorVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws -> Visitor.Outcome {
    switch self {
    case .dummy: try visitor.visit(DummyAllocator.self)
    case .firstFit: try visitor.visit(FirstFitResourceMap.self)
    case .bestFit: try visitor.visit(BestFitResourceMap.self)
    case .worstFit: try visitor.visit(WorstFitResourceMap.self)
    case .buddy: try visitor.visit(BuddySystem.self)
    case .lazyBuddy: try visitor.visit(LazyBuddy.self)
    case .powerOfTwo: try visitor.visit(PowerOfTwoFreeLists.self)
    case .mcKusickKarels: try visitor.visit(McKusickKarels.self)
    case .nearBestFit: try visitor.visit(NearBestFit.self)
    }
  }
}

extension AllocatorName {
  /// Races the allocator of this name, unchecked: see ``Contest``.
  public func race(
    _ trace: Trace, pageSize: PageSize = PagePool.usualPageSize, limit: Int = PagePool.usualLimit,
    runs: Int = 9
  ) throws(AllocationError) -> Contest {
    let plan = ReplayPlan(
      allocators: [self], pageSize: pageSize, limit: limit, checksBlocks: false, runs: runs)
    return try Replay(trace, plan: plan).contests[0]
  }
}
