// SPDX-License-Identifier: MIT

import Foundation

/// A folder that looks like /proc, and is gone with its owner.
public final class ProcFixture {
  public let root: String

  /// A machine with 1,000,000 KiB of RAM and no swap.
  public init() throws {
    root = NSTemporaryDirectory() + "tamalloc-proc-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try write(
      "meminfo",
      """
      MemTotal:        1024000 kB
      MemAvailable:     512000 kB
      AnonPages:         10240 kB
      Mapped:            10240 kB
      SwapTotal:             0 kB
      SwapFree:              0 kB
      CommitLimit:      512000 kB
      Committed_AS:     100000 kB

      """)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  public func write(_ path: String, _ bytes: [UInt8]) throws {
    let file = root + "/" + path
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file))
  }

  public func write(_ path: String, _ text: String) throws {
    try write(path, Array(text.utf8))
  }

  public func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: root + "/" + path)
  }

  /// A process with sizes in KiB.
  public func add(
    _ pid: Int, parent: Int = 1, name: String = "program", user: Int = 0, size: Int = 10240,
    resident: Int = 5120, anonymous: Int = 4096, adjustment: Int = 0, cgroup: String = "/"
  ) throws {
    try write(
      "\(pid)/status",
      """
      Name:\t\(name)
      Umask:\t0022
      State:\tS (sleeping)
      Tgid:\t\(pid)
      Pid:\t\(pid)
      PPid:\t\(parent)
      Uid:\t\(user)\t0\t0\t0
      VmPeak:\t   99999 kB
      VmSize:\t   \(size) kB
      VmRSS:\t    \(resident) kB
      RssAnon:\t    \(anonymous) kB
      RssFile:\t    \(resident - anonymous) kB
      RssShmem:\t       0 kB
      VmPTE:\t      40 kB
      VmSwap:\t       0 kB
      Threads:\t1

      """)
    try write("\(pid)/oom_score_adj", "\(adjustment)\n")
    try write("\(pid)/statm", "\(size / 4) \(resident / 4) 0 0 0 0 0\n")
    try write("\(pid)/cgroup", "0::\(cgroup)\n")
  }
}
