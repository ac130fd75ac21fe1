// SPDX-License-Identifier: GPL-2.0 OR MIT

// The allocator of McKusick and Karels: power-of-two lists without headers. A table with an entry for
// each page says which class the page's buffers have.
//
//     page │ entry │ block │ block │ free │ block │ …        blocks of 2^k − 8 bytes, nothing between
//              └───── descriptor ────▶
//
// Theirs was an array with an entry per page of a fixed arena. Here pages come from anywhere, one by
// one, and the entry is the first 8 bytes of a page, or of an eighth of one; the size that free is told
// says of which. That is why a class has 8 bytes less than a power of two: two blocks of 4,088 fit into
// a page of 8 KiB, four of 2,040, and so on.
//
// Worst and average case of time: O(1). Waste: up to half of each buffer, none for headers: small
// classes get more buffers out of a run than with them (42 of 24 bytes instead of 32).
//
// Source: M. K. McKusick, M. J. Karels, USENIX Summer 1988. Runs: see RunLists.swift.

/// McKusick and Karels' allocator.
public typealias McKusickKarels = RunLists<EntryPerRun>

/// Only a run has a header; the size that is freed says which run a buffer lies in.
@frozen
public enum EntryPerRun: RunMarking {
  @inlinable
  public static func stride(shift: Int) -> Int { (1 &<< shift) &- 8 }
  @inlinable
  public static var isPerBuffer: Bool { false }
}
