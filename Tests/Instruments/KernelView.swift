// SPDX-License-Identifier: MIT

// What the kernel says of this process, read from its own files: the second opinion that the tests
// compare the library with.

import Glibc

/// Sums over the mappings of a range, from /proc/self/smaps.
public struct SmapsSummary: Equatable {
  public var mappings = 0
  public var sizeBytes = 0
  public var residentBytes = 0
  public var proportionalBytes = 0
  public var anonymousBytes = 0
  public var swapBytes = 0
  public var anonymousHugeBytes = 0
  /// VmFlags of the first mapping.
  public var flags: [String] = []
}

public enum KernelView {
  /// What smaps says of the mappings that lie inside a range of addresses, given in whole pages.
  ///
  /// The kernel joins a mapping with a neighbour of the same kind, whosever that is, and smaps tells
  /// nothing of the parts. So the range is set apart from its neighbours while it is looked at, by an
  /// advice about core dumps.
  public static func smaps(start: UInt, byteCount: Int) throws -> SmapsSummary {
    let end = start + UInt(byteCount)
    guard madvise(UnsafeMutableRawPointer(bitPattern: start), byteCount, MADV_DONTDUMP) == 0 else {
      throw Unreadable(path: "a mapping set apart: errno \(errno)")
    }
    defer { madvise(UnsafeMutableRawPointer(bitPattern: start), byteCount, MADV_DODUMP) }
    var summary = SmapsSummary()
    var isInside = false
    let text = try read("/proc/self/smaps")
    for line in text.split(separator: "\n") {
      if let bounds = addresses(of: line) {
        isInside = bounds.lowerBound >= start && bounds.upperBound <= end
        if isInside {
          summary.mappings += 1
          summary.sizeBytes += Int(bounds.upperBound - bounds.lowerBound)
        }
        continue
      }
      guard isInside, let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].split(separator: " ")
      let bytes = (value.first.flatMap { Int($0) } ?? 0) * 1024
      switch line[..<colon] {
      case "Rss": summary.residentBytes += bytes
      case "Pss": summary.proportionalBytes += bytes
      case "Anonymous": summary.anonymousBytes += bytes
      case "Swap": summary.swapBytes += bytes
      case "AnonHugePages": summary.anonymousHugeBytes += bytes
      case "VmFlags": if summary.flags.isEmpty { summary.flags = value.map(String.init) }
      default: break
      }
    }
    return summary
  }

  /// The bounds in a line such as `7f00-7f10 rw-p 00000000 00:00 0`, or nil for any other line.
  private static func addresses(of line: Substring) -> Range<UInt>? {
    let words = line.split(separator: " ", maxSplits: 1)
    guard let first = words.first, !first.hasSuffix(":") else { return nil }
    let bounds = first.split(separator: "-")
    guard bounds.count == 2, let lower = UInt(bounds[0], radix: 16),
      let upper = UInt(bounds[1], radix: 16)
    else { return nil }
    return lower..<upper
  }

  /// A field of /proc/self/status in bytes.
  public static func status(_ field: String) throws -> Int {
    let text = try read("/proc/self/status")
    for line in text.split(separator: "\n") where line.hasPrefix(field + ":") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return (Int(words[1]) ?? 0) * 1024
    }
    throw Unreadable(path: "/proc/self/status:\(field)")
  }

  /// Something of the kernel's that could not be read.
  /// A line of /proc/meminfo, in bytes.
  public static func meminfo(_ field: String) throws -> Int {
    for line in try read("/proc/meminfo").split(separator: "\n") where line.hasPrefix(field + ":") {
      if let value = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
        return value * 1024
      }
    }
    throw Unreadable(path: "/proc/meminfo: \(field)")
  }

  public struct Unreadable: Error {
    public let path: String
  }

  /// The whole text of a file of the kernel's, whose size it does not know beforehand: Foundation
  /// stops after the first read of such a file.
  public static func read(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Unreadable(path: path) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw Unreadable(path: path) }
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      text += buffer[..<count]
    }
  }

  /// The minor page faults of the calling thread so far.
  public static var minorFaultsOfThread: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(1), &usage)  // RUSAGE_THREAD
    return usage.ru_minflt
  }
}
