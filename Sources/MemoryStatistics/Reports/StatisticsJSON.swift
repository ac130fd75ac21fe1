// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics as JSON: bytes are numbers, shares are 0 to 1, and what is not known is null.
public enum StatisticsJSON {
  /// One object for one process, without a newline.
  ///
  /// - Parameter details: what was asked for besides, and so is there even where it is null.
  public static func object(
    of process: ProcessStatistics, details: ProcessDetails, names: inout UserNames
  ) -> String {
    var object = JSONText()
    object.add("pid", Int(process.pid.rawValue))
    object.add("parentPid", process.parent.map { Int($0.rawValue) })
    object.add("name", process.name)
    object.add("user", process.userID.map { names.name(of: $0) })
    object.add("uid", process.userID.map(Int.init))
    object.add("reservedBytes", process.reserved)
    object.add("committedBytes", process.committed)
    object.add("committedRatio", process.committedRatio)
    object.add("anonymousBytes", process.anonymous)
    object.add("fileBytes", process.file)
    object.add("sharedBytes", process.shared)
    object.add("swapBytes", process.swap)
    object.add("pageTableBytes", process.pageTables)
    object.add("oomScore", process.oomScore)
    object.add("oomScoreAdjustment", process.oomScoreAdjustment)
    object.add("oomRank", process.oomRank)
    switch process.badness {
    case nil:
      object.add("oomKillable", nil as Bool?)
      object.add("badnessPages", nil as Int?)
    case .neverKilled:
      object.add("oomKillable", false)
      object.add("badnessPages", nil as Int?)
    case .pages(let pages):
      object.add("oomKillable", true)
      object.add("badnessPages", pages)
    }
    object.add("addressSpaceOwnerPid", process.addressSpaceOwner.map { Int($0.rawValue) })
    if let growth = process.growth { object.add("growthBytes", growth) }
    if details.contains(.proportional) { object.add("pssBytes", process.proportional) }
    if details.contains(.commandLine) { object.add("commandLine", process.commandLine) }
    if details.contains(.cgroup) { object.add("cgroup", process.cgroup) }
    return object.finished
  }

  /// One object for one look at a process, without a newline.
  public static func object(of process: ProcessStatistics, seconds: Double) -> String {
    var object = JSONText()
    object.add("seconds", (seconds * 1e6).rounded() / 1e6)
    object.add("pid", Int(process.pid.rawValue))
    object.add("reservedBytes", process.reserved)
    object.add("committedBytes", process.committed)
    object.add("committedRatio", process.committedRatio)
    object.add("anonymousBytes", process.anonymous)
    object.add("fileBytes", process.file)
    object.add("sharedBytes", process.shared)
    object.add("swapBytes", process.swap)
    return object.finished
  }

  /// One object for the totals, without a newline.
  public static func object(
    of totals: TotalStatistics, machine: MachineMemory, origin: Snapshot.Origin, isComplete: Bool
  ) -> String {
    var object = JSONText()
    object.add("source", origin.rawValue)
    object.add("processes", totals.processes)
    object.add("addressSpaces", totals.addressSpaces)
    object.add("unreadableProcesses", totals.unreadable)
    object.add("reservedBytes", totals.reserved)
    object.add("committedBytes", totals.committed)
    object.add("committedRatio", totals.committedRatio)
    object.add(
      "committedOnceBytes", totals.proportional ?? (isComplete ? machine.committedOnce : nil))
    object.add("overcount", totals.overcount(machine: machine, isComplete: isComplete))
    object.add("anonymousBytes", totals.anonymous)
    object.add("fileBytes", totals.file)
    object.add("sharedBytes", totals.shared)
    object.add("swapBytes", totals.swap)
    object.add("pageTableBytes", totals.pageTables)
    object.add("ramBytes", machine.ram)
    object.add("availableBytes", machine.available)
    object.add("swapTotalBytes", machine.swap)
    object.add("swapFreeBytes", machine.swapFree)
    object.add("commitLimitBytes", machine.commitLimit)
    object.add("committedAsBytes", machine.committedAS)
    return object.finished
  }
}
