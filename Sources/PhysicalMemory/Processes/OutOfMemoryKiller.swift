// SPDX-License-Identifier: MIT

// Which process to end when nothing else helps: the one whose end frees the most.
//
//     points = RSS + swapped + page tables (all in pages) + adjustment × ((RAM + swap) / 1000)
//     oom_score = (1000 + points × 1000 / (RAM + swap)) × 2 / 3; 0 where the adjustment is −1000
//
// Source: oom_badness() of mm/oom_kill.c and proc_oom_score() of fs/proc/base.c, Linux 6.12.

/// A process that was ended for lack of memory.
public struct OutOfMemoryKill: Sendable, Hashable {
  /// The number that it had.
  public var process: ProcessNumber
  /// The name that it had.
  public var name: String
  /// The points that it was chosen for.
  public var points: Int
  /// Pages that it had in frames.
  public var resident: Int
  /// When.
  public var tick: Int
}

extension AddressSpaces {
  /// A process's points, in pages out of `all`, or nil if it is never ended.
  private func badness(_ process: Process, of all: Int) -> Int? {
    if process.scoreAdjustment == -1000 { return nil }
    return process.resident + process.swapped + process.pageTables
      + process.scoreAdjustment * (all / 1000)
  }

  /// What /proc/PID/oom_score says, with `all` pages of RAM and swap.
  func outOfMemoryScore(of number: ProcessNumber, all: Int) throws(MachineError) -> Int {
    guard let points = badness(try process(number), of: all) else { return 0 }
    return (1000 + points * 1000 / all) * 2 / 3
  }

  /// Throws if no process can have the adjustment.
  static func check(adjustment: Int) throws(MachineError) {
    guard adjustment >= -1000, adjustment <= 1000 else {
      throw .process(.invalidAdjustment(adjustment))
    }
  }

  /// Changes a process's preference as a victim.
  mutating func setScoreAdjustment(
    _ adjustment: Int, of number: ProcessNumber
  ) throws(MachineError) {
    _ = try process(number)
    try Self.check(adjustment: adjustment)
    records[number.rawValue]!.scoreAdjustment = adjustment
  }

  /// Ends the process with the most points, the oldest of several; false if there is none.
  mutating func endWorst(
    at now: Int, _ pages: inout PageAllocator, _ store: inout SwapAndCache,
    _ areas: inout VirtualAreas
  ) -> Bool {
    let all = pages.managedFrames + store.swap.slots
    var worst: (number: ProcessNumber, points: Int)?
    for case let process? in records {
      guard let points = badness(process, of: all) else { continue }
      if worst == nil || points > worst!.points { worst = (process.number, points) }
    }
    guard let worst else { return false }
    let victim = records[worst.number.rawValue]!
    kills.append(
      OutOfMemoryKill(
        process: worst.number, name: victim.name, points: worst.points, resident: victim.resident,
        tick: now))
    end(worst.number, &pages, &store, &areas)
    return true
  }
}
