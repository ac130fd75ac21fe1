// SPDX-License-Identifier: MIT

internal import Pages

/// Statistics as JSON: bytes are numbers, shares are 0 to 1, and what is not known is null.
public enum StatisticsJSON {
  /// One object for one process with all that is known of it, without a newline.
  ///
  /// - Parameter details: what was asked for besides, and so is there even where it is null.
  public static func object(
    of process: ProcessStatistics, details: ProcessDetails, names: inout UserNames
  ) -> String {
    var object = JSONText()
    for field in usual { add(field, of: process, to: &object, names: &names) }
    object.add("addressSpaceOwnerPid", process.addressSpaceOwner.map { Int($0.rawValue) })
    if process.growth != nil { add(.growth, of: process, to: &object, names: &names) }
    if process.machineRank != nil { add(.machinerank, of: process, to: &object, names: &names) }
    for field in [Field.pss, .uss, .command, .cgroup, .cgrouplimit, .cgroupuse, .start]
    where details.isSuperset(of: field.details) {
      add(field, of: process, to: &object, names: &names)
    }
    return object.finished
  }

  /// One object for one process with these columns and no others, without a newline.
  public static func object(
    of process: ProcessStatistics, fields: [Field], names: inout UserNames
  ) -> String {
    var object = JSONText()
    for (place, field) in fields.enumerated() where !fields[..<place].contains(field) {
      add(field, of: process, to: &object, names: &names)
    }
    return object.finished
  }

  /// The columns that every object has, in their order.
  private static let usual: [Field] = [
    .pid, .parent, .name, .user, .uid, .reserved, .committed, .ratio, .anonymous, .file, .shared,
    .swap, .pagetables, .score, .adjustment, .rank, .badness, .state, .threads, .share, .peak,
    .locked, .hugetlb,
  ]

  /// Adds a column's value, under a key that says its unit.
  private static func add(
    _ field: Field, of process: ProcessStatistics, to object: inout JSONText,
    names: inout UserNames
  ) {
    switch field {
    case .pid: object.add("pid", Int(process.pid.rawValue))
    case .parent: object.add("parentPid", process.parent.map { Int($0.rawValue) })
    case .user: object.add("user", process.userID.map { names.name(of: $0) })
    case .uid: object.add("uid", process.userID.map(Int.init))
    case .name: object.add("name", process.name)
    case .command: object.add("commandLine", process.commandLine)
    case .cgroup: object.add("cgroup", process.cgroup)
    case .reserved: object.add("reservedBytes", process.reserved)
    case .committed: object.add("committedBytes", process.committed)
    case .ratio: object.add("committedRatio", process.committedRatio)
    case .anonymous: object.add("anonymousBytes", process.anonymous)
    case .file: object.add("fileBytes", process.file)
    case .shared: object.add("sharedBytes", process.shared)
    case .swap: object.add("swapBytes", process.swap)
    case .pagetables: object.add("pageTableBytes", process.pageTables)
    case .pss: object.add("pssBytes", process.proportional)
    case .growth: object.add("growthBytes", process.growth)
    case .score: object.add("oomScore", process.oomScore)
    case .adjustment: object.add("oomScoreAdjustment", process.oomScoreAdjustment)
    case .start:
      object.add("startTime", process.startTime.map { ($0 * 100).rounded() / 100 })
    case .state:
      object.add("state", process.state.map { String(Character(Unicode.Scalar($0.rawValue))) })
    case .threads: object.add("threads", process.threads)
    case .share: object.add("ramShare", process.ramShare)
    case .peak: object.add("peakBytes", process.peakCommitted)
    case .locked: object.add("lockedBytes", process.locked)
    case .hugetlb: object.add("hugetlbBytes", process.hugetlb)
    case .uss: object.add("ussBytes", process.unique)
    case .cgrouplimit: object.add("cgroupLimitBytes", process.cgroupMemory?.limit)
    case .cgroupuse: object.add("cgroupUseBytes", process.cgroupMemory?.use)
    case .machinerank: object.add("machineOomRank", process.machineRank ?? process.oomRank)
    case .killable: object.add("oomKillable", process.badness.map { $0 != .neverKilled })
    case .rank: object.add("oomRank", process.oomRank)
    case .badness:
      object.add("oomKillable", process.badness.map { $0 != .neverKilled })
      var pages: Int?
      if case .pages(let count) = process.badness { pages = count }
      object.add("badnessPages", pages)
    }
  }

  /// One object for one look at a command and its descendants, without a newline.
  public static func object(
    of totals: TotalStatistics, command pid: ProcessIdentifier, seconds: Double
  ) -> String {
    var object = JSONText()
    object.add("seconds", (seconds * 1e6).rounded() / 1e6)
    object.add("pid", Int(pid.rawValue))
    object.add("processes", totals.processes)
    object.add("reservedBytes", totals.reserved)
    object.add("committedBytes", totals.committed)
    object.add("committedRatio", totals.committedRatio)
    object.add("anonymousBytes", totals.anonymous)
    object.add("fileBytes", totals.file)
    object.add("sharedBytes", totals.shared)
    object.add("swapBytes", totals.swap)
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
    of totals: TotalStatistics, machine: MachineMemory, origin: Snapshot.Origin, isComplete: Bool,
    isWholeMachine: Bool
  ) -> String {
    var object = JSONText()
    object.add("source", origin.rawValue)
    object.add("processes", totals.processes)
    object.add("addressSpaces", totals.addressSpaces)
    object.add("unreadableProcesses", totals.unreadable)
    object.add("uncomparedProcesses", totals.uncompared)
    object.add("uncomparedBytes", totals.uncomparedCommitted)
    object.add("allProcessesVisible", isWholeMachine)
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
    object.add("hugetlbBytes", totals.hugetlb)
    object.add("ramBytes", machine.ram)
    object.add("availableBytes", machine.available)
    object.add("swapTotalBytes", machine.swap)
    object.add("swapFreeBytes", machine.swapFree)
    object.add("commitLimitBytes", machine.commitLimit)
    object.add("committedAsBytes", machine.committedAS)
    return object.finished
  }
}
