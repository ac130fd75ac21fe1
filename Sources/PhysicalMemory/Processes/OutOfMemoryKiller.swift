// SPDX-License-Identifier: MIT

// Whom to end when nothing else helps: the process whose end frees most.
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
  /// What it was chosen for.
  public var points: Int
  /// Pages that it had in frames.
  public var resident: Int
  /// When.
  public var tick: Int
}

extension Machine {
  private var allPages: Int { totalFrames + swapSlots.all }

  /// How bad a process is, in pages, or nil where it is never ended.
  private func badness(_ process: Process) -> Int? {
    if process.scoreAdjustment == -1000 { return nil }
    return process.resident + process.swapped + process.pageTables
      + process.scoreAdjustment * (allPages / 1000)
  }

  /// What /proc/PID/oom_score says: 0 to 1334 or so; the highest is ended first.
  public func outOfMemoryScore(of number: ProcessNumber) throws(MachineError) -> Int {
    guard let points = badness(try process(number)) else { return 0 }
    return (1000 + points * 1000 / allPages) * 2 / 3
  }

  /// Changes how much rather a process is ended than others (/proc/PID/oom_score_adj).
  public mutating func setScoreAdjustment(
    _ adjustment: Int, of number: ProcessNumber
  ) throws(MachineError) {
    _ = try process(number)
    guard adjustment >= -1000, adjustment <= 1000 else {
      throw .process(.invalidAdjustment(adjustment))
    }
    processes.records[number.rawValue]!.scoreAdjustment = adjustment
  }

  /// Who was ended for lack of memory, first to last.
  public var outOfMemoryKills: [OutOfMemoryKill] { processes.kills }

  /// Ends the process that is worst, of several the one that began first; false where there is none.
  mutating func endWorst() -> Bool {
    var worst: (number: ProcessNumber, points: Int)?
    for case let process? in processes.records {
      guard let points = badness(process) else { continue }
      if worst == nil || points > worst!.points { worst = (process.number, points) }
    }
    guard let worst else { return false }
    let victim = processes.records[worst.number.rawValue]!
    processes.kills.append(
      OutOfMemoryKill(
        process: worst.number, name: victim.name, points: worst.points, resident: victim.resident,
        tick: clock.now))
    end(worst.number)
    return true
  }
}
