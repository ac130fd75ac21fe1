// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import MemoryStatistics

/// Which processes are meant.
struct ProcessFilter {
  var pids: Set<ProcessIdentifier>?
  var user: UInt32?
  var name: NamePattern?
  var cgroup: String?

  /// Whether it lets everything pass.
  var isOpen: Bool { pids == nil && user == nil && name == nil && cgroup == nil }

  /// What has to be read besides to decide.
  var details: ProcessDetails {
    (cgroup == nil ? ProcessDetails() : .cgroup).union(name == nil ? [] : .fullName)
  }

  /// Whether a process passes all but the test of its cgroup.
  func passes(_ process: ProcessStatistics) -> Bool {
    if let pids, !pids.contains(process.pid) { return false }
    if let user, process.userID != user { return false }
    guard let name else { return true }
    return [process.name, process.fullName].contains { $0.map(name.matches) ?? false }
  }

  /// Whether a process is in the control group or in one below it.
  func passesCgroup(_ process: ProcessStatistics) -> Bool {
    guard let cgroup else { return true }
    guard let own = process.cgroup else { return false }
    return cgroup == "/" || own == cgroup || own.hasPrefix(cgroup + "/")
  }

  /// A control group's path as the kernel writes it: one slash before each name, and none at the end.
  static func cgroup(_ path: String) -> String {
    "/" + path.split(separator: "/").joined(separator: "/")
  }
}

/// The options that say which processes are meant.
struct FilterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only processes of this user, by name or number.", valueName: "user"))
  var user: String?

  @Option(
    help: ArgumentHelp(
      """
      Only processes whose name matches this extended regular expression: the name that the kernel \
      keeps, of 15 bytes at most, or the whole name of the program.
      """, valueName: "regex"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Only processes of this control group and those below it.", valueName: "path"))
  var cgroup: String?

  /// The filter, or an error where it makes no sense.
  func filter(pids: [Int32] = []) throws -> ProcessFilter {
    var filter = ProcessFilter()
    if !pids.isEmpty { filter.pids = Set(pids.map(ProcessIdentifier.init(rawValue:))) }
    if let user {
      guard let number = UserNames.number(of: user) else {
        throw Failure("there is no user '\(user)'", status: .usage)
      }
      filter.user = number
    }
    filter.name = try name.map { try NamePattern($0) }
    filter.cgroup = cgroup.map(ProcessFilter.cgroup)
    return filter
  }
}
