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

// Here, and not where a visitor is written elsewhere, the drivers are specialised for each allocator.

extension AllocatorName {
  /// Races the allocator of this name: see ``Contest``.
  public func race(
    _ trace: Trace, pageSize: PageSize = PagePool.usualPageSize, limit: Int = PagePool.usualLimit,
    runs: Int = 9
  ) throws(AllocationError) -> Contest {
    switch self {
    case .dummy:
      try Contest(trace, with: DummyAllocator.self, pageSize: pageSize, limit: limit, runs: runs)
    case .firstFit:
      try Contest(
        trace, with: FirstFitResourceMap.self, pageSize: pageSize, limit: limit, runs: runs)
    case .bestFit:
      try Contest(
        trace, with: BestFitResourceMap.self, pageSize: pageSize, limit: limit, runs: runs)
    case .worstFit:
      try Contest(
        trace, with: WorstFitResourceMap.self, pageSize: pageSize, limit: limit, runs: runs)
    case .buddy:
      try Contest(trace, with: BuddySystem.self, pageSize: pageSize, limit: limit, runs: runs)
    case .lazyBuddy:
      try Contest(trace, with: LazyBuddy.self, pageSize: pageSize, limit: limit, runs: runs)
    case .powerOfTwo:
      try Contest(
        trace, with: PowerOfTwoFreeLists.self, pageSize: pageSize, limit: limit, runs: runs)
    case .mcKusickKarels:
      try Contest(trace, with: McKusickKarels.self, pageSize: pageSize, limit: limit, runs: runs)
    case .nearBestFit:
      try Contest(trace, with: NearBestFit.self, pageSize: pageSize, limit: limit, runs: runs)
    }
  }
}
