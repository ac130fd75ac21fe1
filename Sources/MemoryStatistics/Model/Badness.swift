// SPDX-License-Identifier: MIT

// Whom the kernel kills when no memory is left (mm/oom_kill.c, oom_badness):
//
//   badness = resident + swapped + page tables        all in pages
//           + oom_score_adj × (total / 1000)          total = RAM + swap, in pages
//
// The process with the most is killed. /proc/PID/oom_score shows the same figure squeezed into about
// a thousand steps, (1000 + badness × 1000 / total) × 2 / 3, so that on a machine of 24 GiB all that
// differs by less than 36 MiB looks alike. The ranking here uses the figure before it is squeezed.
//
// Error. The kernel reads its counters without summing what each processor has yet to add. What
// /proc shows is summed. Two processes closer than ``Badness/uncertainty(processors:)`` may change
// places.

public import Pages

/// How good a victim a process is.
public enum Badness: Sendable, Hashable, Comparable {
  /// The kernel passes it by: `oom_score_adj` is -1000, it has no memory, it is the machine's first
  /// process, or it uses its parent's memory between vfork and exec.
  case neverKilled
  /// Pages, adjusted; may be negative.
  case pages(Int)

  /// The kernel's formula.
  ///
  /// - Parameters:
  ///   - memory: resident, swapped and page tables together.
  ///   - adjustment: `oom_score_adj`.
  public init(memory: ByteCount, adjustment: Int, machine: MachineMemory) {
    let page = machine.pageSize.rawValue
    guard adjustment > -1000, page > 0 else {
      self = .neverKilled
      return
    }
    let share = adjustment.multipliedReportingOverflow(by: machine.oomPages / 1000).partialValue
    self = .pages((memory.rawValue / page) &+ share)
  }

  /// What /proc/PID/oom_score shows for it.
  public func score(machine: MachineMemory) -> Int {
    guard case .pages(let pages) = self, machine.oomPages > 0 else { return 0 }
    // C divides towards zero, and so does Swift.
    let (product, overflow) = pages.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return 0 }
    return (1000 + product / machine.oomPages) * 2 / 3
  }

  /// The processors that are at work now.
  public static var processors: Int { Kernel.processors }

  /// The most by which the kernel's own figure may differ from the exact one, in pages.
  ///
  /// Each of four counters is a sum over processors, each of which keeps up to `max(32, 2 ×
  /// processors)` pages to itself (lib/percpu_counter.c).
  public static func uncertainty(processors: Int) -> Int {
    4 * max(32, 2 * processors) * processors
  }
}
