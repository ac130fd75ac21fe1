// SPDX-License-Identifier: MIT

// How much memory could be committed now without anybody being killed for it: the smallest of what the
// machine has available and what is left of each cgroup's limit, from the process's own up to the root.
// What the kernel would drop or write back to make room, pages of files, counts as available.
//
//     machine     MemAvailable + SwapFree                                 /proc/meminfo
//     cgroup v2   memory.max − memory.current + file, and swap likewise   /sys/fs/cgroup/…
//     cgroup v1   memory.limit_in_bytes − memory.usage_in_bytes + cache   /sys/fs/cgroup/memory/…
//
// It is a reading of the moment: others take memory, too. So who commits much asks again as it goes.

package import Pages
internal import System

package enum AvailableMemory {
  /// Bytes that could be committed now; nil where the kernel doesn't say.
  package static func now() -> ByteCount? {
    guard var least = inMachine() else { return nil }
    var path = KernelPath()
    for hierarchy in [Hierarchy.unified, .memory] {
      guard path.readCgroup(of: hierarchy) else { continue }
      while true {
        if let left = left(in: &path, hierarchy) { least = min(least, left) }
        guard path.removeLastComponent() else { break }
      }
    }
    return ByteCount(max(least, 0))
  }

  /// Throws where it is known that less than `size` is available.
  static func require(_ size: ByteCount) throws(AllocationError) {
    if let available = now(), available < size { throw .outOfMemory(size) }
  }

  private static func inMachine() -> Int? {
    KernelText.read("/proc/meminfo") { text in
      guard let available = text.number(after: "MemAvailable:") else { return nil }
      let swap = text.number(after: "SwapFree:") ?? 0
      return (available &+ swap) &* 1024
    }
  }

  /// Where the kinds of cgroups lie, and how their files are called.
  enum Hierarchy {
    case unified
    case memory

    var root: StaticString { self == .unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory" }
    /// What stands between a hierarchy's number and the path in /proc/self/cgroup.
    var label: StaticString { self == .unified ? "0::" : ":memory:" }
    var limit: StaticString { self == .unified ? "/memory.max" : "/memory.limit_in_bytes" }
    var use: StaticString { self == .unified ? "/memory.current" : "/memory.usage_in_bytes" }
    var files: StaticString { self == .unified ? "\nfile " : "cache " }
  }

  /// What is left of one cgroup's limit; nil where it has none.
  private static func left(in path: inout KernelPath, _ hierarchy: Hierarchy) -> Int? {
    guard let limit = path.number(in: hierarchy.limit), limit < Int.max / 4096 * 4095,
      let use = path.number(in: hierarchy.use)
    else { return nil }
    let files = path.number(in: "/memory.stat", after: hierarchy.files) ?? 0
    var left = limit &- use &+ files
    if hierarchy == .unified, let swap = path.number(in: "/memory.swap.current") {
      let swapLimit = path.number(in: "/memory.swap.max") ?? Int.max
      let free = KernelText.read("/proc/meminfo") { $0.number(after: "SwapFree:") } ?? 0
      left &+= min(max(swapLimit &- swap, 0), free &* 1024)
    }
    return left
  }
}

/// The path of a cgroup's folder, put together in place.
private struct KernelPath {
  private var bytes = InlineArray<1024, UInt8>(repeating: 0)
  private var count = 0
  /// Where the hierarchy's root ends.
  private var rootCount = 0

  /// Becomes the folder of this process's cgroup; false where there is none of that kind.
  mutating func readCgroup(of hierarchy: AvailableMemory.Hierarchy) -> Bool {
    count = 0
    guard append(hierarchy.root) else { return false }
    rootCount = count
    let whole = self
    let found: KernelPath? = KernelText.read("/proc/self/cgroup") { text in
      guard let start = text.position(after: hierarchy.label) else { return nil }
      var path = whole
      var index = start
      while index < text.count, text[index] != UInt8(ascii: "\n") {
        guard path.append(text[index]) else { return nil }
        index += 1
      }
      return path
    }
    guard let found else { return false }
    self = found
    return true
  }

  /// Leads to the parent; false at the root.
  mutating func removeLastComponent() -> Bool {
    guard count > rootCount else { return false }
    while count > rootCount {
      count -= 1
      if bytes[count] == UInt8(ascii: "/") { return true }
    }
    return true
  }

  /// A number in one of the folder's files; nil where there is no such file, or "max" stands in it.
  mutating func number(in file: StaticString, after label: StaticString = "") -> Int? {
    let before = count
    defer { count = before }
    guard append(file), append(0) else { return nil }
    let span = bytes.span
    return unsafe span.withUnsafeBufferPointer { path in
      // SAFETY: it ends in NUL, as was just made sure.
      let text = unsafe UnsafeRawPointer(path.baseAddress.unsafelyUnwrapped)
        .assumingMemoryBound(to: CChar.self)
      return unsafe KernelText.read(at: text) { $0.number(after: label) }
    }
  }

  private mutating func append(_ byte: UInt8) -> Bool {
    guard count < bytes.count else { return false }
    bytes[count] = byte
    count += 1
    return true
  }

  private mutating func append(_ text: StaticString) -> Bool {
    // SAFETY: a literal's bytes live as long as the program.
    let source = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    for index in source.indices {
      guard unsafe append(source[index]) else { return false }
    }
    return true
  }
}
