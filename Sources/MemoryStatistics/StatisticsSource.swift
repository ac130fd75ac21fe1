// SPDX-License-Identifier: MIT

// Where statistics come from, and what may be asked:
//
//   StatisticsSource ─┬─ SystemCallSource   555 and 556, on a kernel of ours
//                     ├─ ProcfsSource       /proc, or a folder like it; files opened and closed
//                     └─ LiveProcfsSource   /proc again and again, on files kept open
//
// All three give the same snapshot. What costs much to read is asked for by itself, for the rows that
// are to be shown.

/// Something that knows the memory of processes.
public protocol StatisticsSource: ~Copyable {
  /// Looks at all processes that are visible.
  ///
  /// - Complexity: O(*n* log *n*) for *n* processes.
  mutating func snapshot() throws(StatisticsError) -> Snapshot

  /// Looks at one process, without its rank; nil where there is none.
  mutating func process(_ pid: ProcessIdentifier) throws(StatisticsError) -> ProcessStatistics?

  /// Reads what is asked for besides, where it can be read.
  mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics)
}

/// What is read on request only, as it takes time.
public struct ProcessDetails: OptionSet, Sendable, Hashable {
  public let rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// PSS: some 36 µs a process, and more for each page.
  public static let proportional = ProcessDetails(rawValue: 1)
  /// The command line.
  public static let commandLine = ProcessDetails(rawValue: 2)
  /// The control group.
  public static let cgroup = ProcessDetails(rawValue: 4)
}

/// Why there are no statistics.
public enum StatisticsError: Error, Sendable, Hashable {
  /// The folder of processes, or a file that all depends on, can't be read.
  case unreadable(path: String, errorNumber: Int32)
  /// The kernel does not have the system calls.
  case noSystemCalls
  /// A system call refused.
  case systemCall(number: Int, errorNumber: Int32)
}

extension StatisticsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let number):
      "\(path) can't be read: \(Kernel.errorText(number))"
    case .noSystemCalls:
      "this kernel does not have the system calls: its release does not end in -tamalloc"
    case .systemCall(let call, let number):
      "system call \(call) failed: \(Kernel.errorText(number))"
    }
  }
}
