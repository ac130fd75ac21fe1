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

  init(
    name: String, processes: [ProcessStatistics], countedBefore: inout Set<ProcessIdentifier>
  ) {
    self.name = name
    totals = TotalStatistics(of: processes, countedBefore: &countedBefore)
    oomScore = processes.compactMap(\.oomScore).max()
    oomRank = processes.compactMap(\.oomRank).min()
  }

  /// At most `most` groups, those that have committed most, and one of all others where there are any.
  ///
  /// However many names there are, and whatever they are, there are at most `most` + 1 groups, and no
  /// two have one name. An address space that processes of several groups share counts in the group of
  /// its owner alone, so that the sum over groups is the total.
  ///
  /// - Complexity: O(*n* + *g* log *g*) for *n* processes in *g* groups.
  public static func groups(
    of processes: [ProcessStatistics], by grouping: Grouping, most: Int, names: inout UserNames
  ) -> [ProcessGroup] {
    var members: [String: [ProcessStatistics]] = [:]
    var sums: [String: ByteCount] = [:]
    var owners: Set<ProcessIdentifier> = []
    for process in processes {
      let key = grouping.key(of: process, names: &names) ?? others
      members[key, default: []].append(process)
      if let owner = process.addressSpaceOwner, !owners.insert(owner).inserted { continue }
      sums[key] = (sums[key] ?? 0).addingWithoutTrap(process.committed)
    }
    var rest = members.removeValue(forKey: others) ?? []
    var sizes: [(name: String, committed: ByteCount)] = []
    for name in members.keys { sizes.append((name, sums[name] ?? 0)) }
    sizes.sort { left, right in
      left.committed == right.committed ? left.name < right.name : left.committed > right.committed
    }
    for left in sizes.dropFirst(max(most, 0)) { rest += members[left.name] ?? [] }
    // In the order of pids the owner is the first of those that share.
    var sharing: [String: Set<ProcessIdentifier>] = [:]
    var firstIn: [ProcessIdentifier: String] = [:]
    let chosen = Set(sizes.prefix(max(most, 0)).map(\.name))
    for process in processes {
      guard let owner = process.addressSpaceOwner else { continue }
      let key = grouping.key(of: process, names: &names) ?? others
      let group = chosen.contains(key) ? key : others
      if let first = firstIn[owner] {
        if first != group { sharing[group, default: []].insert(owner) }
      } else {
        firstIn[owner] = group
      }
    }
    func group(_ name: String, _ processes: [ProcessStatistics]) -> ProcessGroup {
      var counted = sharing[name] ?? []
      return ProcessGroup(name: name, processes: processes, countedBefore: &counted)
    }
    var groups = sizes.prefix(max(most, 0)).map { group($0.name, members[$0.name] ?? []) }
    if !rest.isEmpty { groups.append(group(others, rest)) }
    return groups
  }
}
