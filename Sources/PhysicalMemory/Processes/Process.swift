// SPDX-License-Identifier: MIT

// Terms: an *area* is a stretch of a process's addresses that was promised to it; what it reads there is
// zero until it writes. A page of it is in one of these states:
//
//     untouched ──read──▶ zero page ──write──▶ own frame ⇄ swap slot
//         └───────────────write────────────────▲   │ fork
//                                              │   ▼
//                                  write: copy └─ shared frame
//
// The *zero page* is one frame for all. A frame that several processes map is written to by none of
// them: who wants to gets a copy, and the last one the frame itself.
//
// A process and all that were forked from it are a *family*. A frame of theirs has the family as its
// owner and the page's number as its index: so that reclaim finds who maps it.
//
// Invariants: areas are in order, apart, and not empty; RSS is the number of entries that point to
// frames other than the zero page; a frame's map count is the number of entries that point to it; a
// slot's users are the entries that name it; promised pages are Σ areas of all processes.
//
// Source: mm/memory.c, mm/mmap.c and kernel/fork.c, Linux 6.12; Gorman, chapter 4.

internal import Pages

/// A process as it is now. Counts are in pages.
public struct Process: Sendable {
  /// Its number (pid).
  public let number: ProcessNumber
  /// Its name.
  public internal(set) var name: String
  /// Who forked it; nil where it was spawned.
  public internal(set) var parent: ProcessNumber?
  /// Its areas, as page numbers.
  public internal(set) var areas: [Range<UInt64>] = []
  /// Pages of its areas (VmSize), and the most there were (VmPeak).
  public internal(set) var reserved = 0
  /// The most pages that its areas had at once (VmPeak).
  public internal(set) var peakReserved = 0
  /// Pages in frames (VmRSS), and the most there were (VmHWM).
  public internal(set) var resident = 0
  /// The most pages that it had in frames at once (VmHWM).
  public internal(set) var peakResident = 0
  /// Pages in swap (VmSwap).
  public internal(set) var swapped = 0
  /// Page tables below the first (VmPTE).
  public internal(set) var pageTables = 0
  /// Page faults without and with reading from swap.
  public internal(set) var minorFaults = 0
  /// Page faults with reading from swap.
  public internal(set) var majorFaults = 0
  /// How much rather it is ended than others: −1000 (never) to 1000.
  public internal(set) var scoreAdjustment = 0

  let family: UInt64
  let root: PageFrameNumber
  var stack: KernelStack
}
