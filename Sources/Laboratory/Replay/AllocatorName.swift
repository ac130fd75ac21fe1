// SPDX-License-Identifier: MIT

public import Allocators

/// The allocators that can be raced, by the names that people type.
public enum AllocatorName: String, Sendable, CaseIterable {
  /// A page for each block.
  case dummy
  /// The resource map, lowest hole that fits.
  case firstFit = "first-fit"
  /// The resource map, smallest hole that fits.
  case bestFit = "best-fit"
  /// The resource map, largest hole.
  case worstFit = "worst-fit"
  /// The buddy system.
  case buddy
  /// The buddy system that merges late.
  case lazyBuddy = "lazy-buddy"
  /// Power-of-two free lists.
  case powerOfTwo = "power-of-two"
  /// McKusick's and Karels's allocator.
  case mcKusickKarels = "mckusick-karels"
  /// Ours.
  case nearBestFit = "near-best-fit"
}

/// What can be done with an allocator of any type.
public protocol AllocatorVisitor: ~Copyable {
  /// What comes of it.
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
