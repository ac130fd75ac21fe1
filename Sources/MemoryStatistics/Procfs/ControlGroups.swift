// SPDX-License-Identifier: MIT

// Control groups limit memory. Each group's processes are charged to it and to all groups above it, and
// the first of them whose limit is reached looks for a victim among all of its processes, by the same
// formula as the machine but with its own total (mm/oom_kill.c, constrained_alloc; mm/memcontrol.c,
// mem_cgroup_get_max):
//
//   total = limit + the swap that the group may use
//
//   version 2   memory.max, memory.swap.max, memory.current, memory.oom.group
//   version 1   memory.limit_in_bytes, memory.memsw.limit_in_bytes, memory.usage_in_bytes
//
// Where they are mounted stands in /proc/self/mountinfo, and so does which group the mount's top is: a
// container may see a part of the tree only.

public import Pages

/// A limit on the memory of a control group's processes.
public struct CgroupLimit: Sendable, Hashable {
  /// The group that has it.
  public var path: String
  /// The most memory that its processes may use.
  public var memory: ByteCount
  /// The most swap beside it, as the group says it; nil for no limit.
  public var swap: ByteCount?
  /// The group whose processes are all killed together (memory.oom.group), if there is one.
  public var killedTogether: String?

  /// Whether a group is the limit's own or one below it.
  public func includes(_ group: String) -> Bool { group.isControlGroup(in: path) }
}

/// What a process's control group says of memory.
public struct CgroupMemory: Sendable, Hashable {
  /// The lowest limit of the group and those above it; nil where there is none.
  public var limit: ByteCount?
  /// What the group's processes use, with the files that they have read.
  public var use: ByteCount?
}

/// Where control groups say what they use.
struct ControlGroups {
  private let folder: [UInt8]
  /// The group that the folder shows.
  private let top: String
  private let isUnified: Bool
  private var known: [String: CgroupMemory] = [:]

  /// Looks for the hierarchy that counts memory; nil where none is mounted.
  init?(_ reader: inout ProcReader) {
    guard let text = reader.text("self/mountinfo") else { return nil }
    var found: (folder: String, top: String, isUnified: Bool)?
    for line in text.split(separator: "\n") {
      // ID parent device top folder options - type source options
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash > 5, dash + 3 < words.count else { continue }
      let isOne =
        words[dash + 1] == "cgroup"
        && words[dash + 3].split(separator: ",").contains("memory")
      guard isOne || (words[dash + 1] == "cgroup2" && found == nil) else { continue }
      found = (String(words[4]), String(words[3]), !isOne)
    }
    guard let found else { return nil }
    folder = Array(found.folder.utf8)
    top = found.top
    isUnified = found.isUnified
  }

  /// The memory of a group; asked once, as many processes have one group.
  mutating func memory(of group: String, _ reader: inout ProcReader) -> CgroupMemory? {
    if let memory = known[group] { return memory }
    guard isThere(group, &reader) else { return nil }
    let use = number(isUnified ? "memory.current" : "memory.usage_in_bytes", of: group, &reader)
    let memory = CgroupMemory(
      limit: limit(of: group, &reader)?.memory, use: use.map { ByteCount($0) })
    known[group] = memory
    return memory
  }

  /// Forgets what was asked, so that it is asked again.
  mutating func forget() { known = [:] }

  /// The lowest limit of a group and those above it; the highest group where several are equal, as it
  /// has the most to hold.
  func limit(of group: String, _ reader: inout ProcReader) -> CgroupLimit? {
    var lowest: CgroupLimit?
    var together: String?
    var killed: String?
    for path in group.controlGroupsAbove {
      let name: StaticString = isUnified ? "memory.max" : "memory.limit_in_bytes"
      // The kernel kills together what belongs to the highest such group below the limit.
      if number("memory.oom.group", of: path, &reader) == 1 { together = path }
      // Version 1 has no word for none, but the largest number of pages.
      guard let limit = number(name, of: path, &reader), limit < 1 << 62,
        limit <= (lowest?.memory.rawValue ?? .max)
      else { continue }
      killed = together
      lowest = CgroupLimit(path: path, memory: ByteCount(limit), swap: nil, killedTogether: nil)
    }
    lowest?.killedTogether = killed
    if let found = lowest { lowest?.swap = swap(beside: found, &reader) }
    return lowest
  }

  /// The most swap that a group may use beside its memory; nil for no limit.
  private func swap(beside limit: CgroupLimit, _ reader: inout ProcReader) -> ByteCount? {
    if isUnified {
      if reader.number("sys/vm/swappiness") == 0 { return 0 }
      return number("memory.swap.max", of: limit.path, &reader).map { ByteCount($0) }
    }
    if number("memory.swappiness", of: limit.path, &reader) == 0 { return 0 }
    // Without accounting of swap the file is not there, and only the memory counts.
    guard let both = number("memory.memsw.limit_in_bytes", of: limit.path, &reader) else {
      return 0
    }
    return both >= 1 << 62 ? nil : ByteCount(max(both - limit.memory.rawValue, 0))
  }

  private func isThere(_ group: String, _ reader: inout ProcReader) -> Bool {
    number(isUnified ? "cgroup.freeze" : "notify_on_release", of: group, &reader) != nil
      || number(isUnified ? "memory.current" : "memory.usage_in_bytes", of: group, &reader) != nil
      || group == "/"
  }

  /// The number in a group's file; nil where there is none, or the word `max`.
  private func number(
    _ name: StaticString, of group: String, _ reader: inout ProcReader
  ) -> Int? {
    // A mount of a part of the tree: what is not below its top can't be seen.
    guard group.isControlGroup(in: top) else { return nil }
    let rest = top == "/" ? group : String(group.dropFirst(top.count))
    return reader.number(at: folder + Array((rest == "/" ? "" : rest).utf8), name)
  }
}

extension String {
  /// Whether a control group is another one or below it.
  func isControlGroup(in other: String) -> Bool {
    other == "/" || self == other || hasPrefix(other + "/")
  }

  /// A group and all above it, from itself upwards.
  fileprivate var controlGroupsAbove: [String] {
    var paths: [String] = []
    var path = self
    while path.count > 1, path.hasPrefix("/") {
      paths.append(path)
      path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
    return paths + ["/"]
  }
}
