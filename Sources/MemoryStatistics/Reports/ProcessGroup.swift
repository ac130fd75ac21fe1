// SPDX-License-Identifier: MIT

internal import Pages

/// What processes are put together by.
public enum Grouping: String, CaseIterable, Sendable, Hashable {
  /// What processes of a group have in common.
  case name, user, cgroup

  /// What has to be read besides.
  public var details: ProcessDetails { self == .cgroup ? .cgroup : [] }

  func key(of process: ProcessStatistics, names: inout UserNames) -> String? {
    switch self {
    case .name: process.name
    case .user: process.userID.map { names.name(of: $0) }
    case .cgroup: process.cgroup
    }
  }
}

/// Processes that belong together, and their sums.
public struct ProcessGroup: Sendable {
  /// What its processes have in common.
  public var name: String
  /// The sums.
  public var totals: TotalStatistics
  /// The highest score among them, and the rank of the one that would be killed first.
  public var oomScore: Int?
  /// The rank of the one that would be killed first.
  public var oomRank: Int?

  /// The name of the group of all others, and of processes whose key is not known.
  public static let others = "other"

  init(name: String, processes: [ProcessStatistics]) {
    self.name = name
    totals = TotalStatistics(of: processes)
    oomScore = processes.compactMap(\.oomScore).max()
    oomRank = processes.compactMap(\.oomRank).min()
  }

  /// At most `most` groups, those that have committed most, and one of all others where there are any.
  ///
  /// However many names there are, and whatever they are, there are at most `most` + 1 groups, and no
  /// two have one name.
  ///
  /// - Complexity: O(*n* + *g* log *g*) for *n* processes in *g* groups.
  public static func groups(
    of processes: [ProcessStatistics], by grouping: Grouping, most: Int, names: inout UserNames
  ) -> [ProcessGroup] {
    var members: [String: [ProcessStatistics]] = [:]
    for process in processes {
      members[grouping.key(of: process, names: &names) ?? others, default: []].append(process)
    }
    var rest = members.removeValue(forKey: others) ?? []
    var sizes: [(name: String, committed: ByteCount)] = []
    for (name, processes) in members {
      let committed = processes.reduce(ByteCount(0)) { $0.addingWithoutTrap($1.committed) }
      sizes.append((name, committed))
    }
    sizes.sort { left, right in
      left.committed == right.committed ? left.name < right.name : left.committed > right.committed
    }
    for left in sizes.dropFirst(max(most, 0)) { rest += members[left.name] ?? [] }
    var groups = sizes.prefix(max(most, 0)).map { size in
      ProcessGroup(name: size.name, processes: members[size.name] ?? [])
    }
    if !rest.isEmpty { groups.append(ProcessGroup(name: others, processes: rest)) }
    return groups
  }
}
