// SPDX-License-Identifier: MIT

internal import FoundationEssentials
internal import Pages

/// The memory that may still be committed: by the machine, and by the process's control groups.
enum AvailableMemory {
  static func now() throws(Failure) -> ByteCount {
    guard let text = read("/proc/meminfo"), let kibibytes = number(after: "MemAvailable:", in: text)
    else { throw Failure("/proc/meminfo can't be read: is /proc mounted?") }
    return min(.kibibytes(kibibytes), group() ?? .init(.max))
  }

  /// What the control groups (version 2) that hold this process leave, all the way up.
  private static func group() -> ByteCount? {
    guard let text = read("/proc/self/cgroup"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
    else { return nil }
    var names = line.dropFirst(4).split(separator: "/")
    var least: Int?
    while true {
      let folder = (["/sys/fs/cgroup"] + names.map(String.init)).joined(separator: "/")
      if let limit = read(folder + "/memory.max").flatMap({ Int($0.trimmingNewline) }),
        let used = read(folder + "/memory.current").flatMap({ Int($0.trimmingNewline) })
      {
        least = min(least ?? .max, max(limit - used, 0))
      }
      if names.isEmpty { return least.map { ByteCount($0) } }
      names.removeLast()
    }
  }

  private static func read(_ path: String) -> String? {
    try? String(contentsOf: URL(filePath: path), encoding: .utf8)
  }

  private static func number(after label: String, in text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(label) }
    return line?.dropFirst(label.count).split(separator: " ").first.flatMap { Int($0) }
  }
}

extension String {
  fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
