// SPDX-License-Identifier: MIT

/// Something that an allocator did wrong, and at which event of those replayed, from 1.
public struct Finding: Error, Sendable, Hashable {
  /// What it is.
  public enum Problem: Sendable, Hashable {
    /// A block's address is no multiple of 8.
    case misaligned
    /// A block doesn't lie inside one page that is in use.
    case outsidePage
    /// A block covers bytes of another.
    case overlap
    /// A block that is live has lost its contents.
    case overwritten
    /// The allocator's own invariants don't hold.
    case brokenInvariant
    /// Pages are in use although every block is freed.
    case leak(pages: Int)
    /// A request of so many bytes was refused as no page was left.
    case exhausted(size: Int, limit: Int)
    /// A request of so many bytes was refused although pages were left.
    case refused(size: Int)
  }

  /// What went wrong.
  public var problem: Problem
  /// Behind how many events.
  public var event: Int

  /// What went wrong, and where.
  public init(_ problem: Problem, event: Int) {
    self.problem = problem
    self.event = event
  }
}

extension Finding: CustomStringConvertible {
  public var description: String { "event \(event): \(problem)" }
}

extension Finding.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .misaligned: "the block is not aligned to 8 bytes"
    case .outsidePage: "the block is not inside one page in use"
    case .overlap: "the block overlaps another"
    case .overwritten: "a block that is live was overwritten"
    case .brokenInvariant: "the allocator's invariants don't hold"
    case .leak(let pages): "all blocks are freed, and \(pages) pages are still in use"
    case .exhausted(let size, let limit):
      "the allocation of \(size) bytes failed: no page is left of \(limit)"
    case .refused(let size): "the allocation of \(size) bytes failed although pages are left"
    }
  }
}
