// SPDX-License-Identifier: MIT

internal import Pages

/// Who would be killed first, second, third.
public enum OutOfMemoryRanking {
  /// Ranks processes by the limit of a control group, beside the rank that they have on the machine.
  ///
  /// Only who is inside the limit's group has a rank then: nobody else is killed for it.
  ///
  /// - Parameter processes: with their control groups.
  /// - Complexity: O(*n* log *n*).
  public static func assign(
    to processes: inout [ProcessStatistics], within limit: CgroupLimit, machine: MachineMemory
  ) {
    let page = max(machine.pageSize.rawValue, 1)
    let machineSwap = machine.swap ?? 0
    let swap = limit.swap.map { min($0, machineSwap) } ?? machineSwap
    // 1 where the group may use nothing, as the kernel has it.
    let total = max(limit.memory.addingWithoutTrap(swap).rawValue / page, 1)
    for index in processes.indices {
      processes[index].machineRank = processes[index].oomRank
      guard let group = processes[index].cgroup, limit.includes(group) else {
        processes[index].badness = nil
        continue
      }
      guard case .pages = processes[index].badness, let committed = processes[index].committed,
        let swapped = processes[index].swap, let tables = processes[index].pageTables,
        let adjustment = processes[index].oomScoreAdjustment
      else { continue }
      let memory = committed.addingWithoutTrap(swapped).addingWithoutTrap(tables)
      processes[index].badness = Badness(
        memory: memory, adjustment: adjustment, pageSize: machine.pageSize, total: total)
    }
    assign(to: &processes)
  }

  /// Gives each process that may be killed its rank: 1 and one more for every process that is worse.
  ///
  /// Processes of equal badness share a rank. The kernel looks for its victim among all processes, so
  /// the ranks are of the machine only if all are here: see ``Snapshot/isWholeMachine``.
  ///
  /// - Complexity: O(*n* log *n*).
  static func assign(to processes: inout [ProcessStatistics]) {
    var candidates: [(pages: Int, index: Int)] = []
    candidates.reserveCapacity(processes.count)
    for index in processes.indices {
      processes[index].oomRank = nil
      if case .pages(let pages) = processes[index].badness {
        candidates.append((pages, index))
      }
    }
    candidates.sort { $0.pages > $1.pages }
    var rank = 0
    for (position, candidate) in candidates.enumerated() {
      if position == 0 || candidates[position - 1].pages != candidate.pages { rank = position + 1 }
      processes[candidate.index].oomRank = rank
    }
  }
}
