// SPDX-License-Identifier: MIT

import Glibc

/// A cgroup with a limit on memory, in which this process is for a while.
public struct LimitedGroup {
  private let parent: String
  private let folder: String

  /// The memory cgroup that this process is in, of either kind, if groups may be made in it.
  private static var own: (path: String, limit: String)? {
    let lines = (try? KernelView.read("/proc/self/cgroup"))?.split(separator: "\n") ?? []
    for line in lines {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let kinds = [
        ("memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ("", "/sys/fs/cgroup", "memory.max"),
      ]
      for (name, root, limit) in kinds where fields[1] == name {
        // The root has no limit of its own to look at; a group below it does.
        let path = root + (fields[2] == "/" ? "" : String(fields[2]))
        if access(path + "/cgroup.procs", W_OK) == 0, access(root + "/memory.stat", R_OK) == 0 {
          return (path, limit)
        }
      }
    }
    return nil
  }

  public static var isPossible: Bool {
    guard geteuid() == 0, let group = try? LimitedGroup(limit: 1 << 30) else { return false }
    group.leave()
    return true
  }

  public init(limit: Int) throws {
    guard let own = Self.own else { throw KernelView.Unreadable(path: "a memory cgroup") }
    parent = own.path
    folder = own.path + "/tamalloc-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    guard mkdir(folder, 0o755) == 0 else { throw KernelView.Unreadable(path: folder) }
    do {
      try Self.write("\(limit)", to: folder + "/" + own.limit)
      try Self.write("\(getpid())", to: folder + "/cgroup.procs")
    } catch {
      rmdir(folder)
      throw error
    }
  }

  /// Goes back to where the process was before.
  public func leave() {
    try? Self.write("\(getpid())", to: parent + "/cgroup.procs")
    // What is freed goes to the parent's account some time later.
    for _ in 0..<100 where rmdir(folder) != 0 { usleep(10_000) }
  }

  private static func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY)
    guard descriptor >= 0 else { throw KernelView.Unreadable(path: path) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
      throw KernelView.Unreadable(path: path)
    }
  }
}
