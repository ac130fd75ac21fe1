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
    self.init(
      memory: memory, adjustment: adjustment, pageSize: machine.pageSize, total: machine.oomPages)
  }

  /// The same where another total than the machine's has run out.
  ///
  /// - Parameter total: the pages that there are, RAM and swap.
  init(memory: ByteCount, adjustment: Int, pageSize: ByteCount, total: Int) {
    guard adjustment > -1000, pageSize > 0 else {
      self = .neverKilled
      return
    }
    let share = adjustment.multiplyingWithoutTrap(by: total / 1000)
    self = .pages((memory.rawValue / pageSize.rawValue).addingWithoutTrap(share))
  }

  /// What /proc/PID/oom_score shows for it; nil if the figures make no sense.
  public func score(machine: MachineMemory) -> Int? {
    guard case .pages(let pages) = self, machine.oomPages > 0 else { return 0 }
    // C divides towards zero, and so does Swift.
    let (product, isTooLarge) = pages.multipliedReportingOverflow(by: 1000)
    guard !isTooLarge, (product / machine.oomPages).magnitude < 1 << 60 else { return nil }
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

extension Int {
  /// The sum, held at the largest or smallest number: nothing that a file says may trap.
  func addingWithoutTrap(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The product, held in the same way.
  func multiplyingWithoutTrap(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) != (other < 0) ? .min : .max) : product
  }
}
