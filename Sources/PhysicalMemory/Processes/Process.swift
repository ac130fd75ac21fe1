// SPDX-License-Identifier: MIT

// Terms: an *area* is a range of a process's addresses that was promised to it and reads as zero until
// written. A page of it is in one of these states:
//
//     untouched ──read──▶ zero page ──write──▶ own frame ⇄ swap slot
//         └───────────────write────────────────▲   │ fork
//                                              │   ▼
//                                  write: copy └─ shared frame
//
// The *zero page* is one frame shared by all. A frame that several processes map is never written to: the
// writer gets a copy, and the last process keeps the frame.
//
// A process and all its descendants are a *family*. Their frames have the family as owner and the page
// number as index, so that reclaim finds the processes that map them.
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
  /// The process that forked it; nil if it was spawned.
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
  /// Its preference as a victim of the out-of-memory killer: −1000 (never) to 1000 (first).
  public internal(set) var scoreAdjustment = 0

  let family: UInt64
  let root: PageFrameNumber
  var stack: KernelStack
}
