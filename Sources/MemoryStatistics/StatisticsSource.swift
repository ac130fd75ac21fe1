// SPDX-License-Identifier: MIT

// Where statistics come from, and what may be asked:
//
//   StatisticsSource ─┬─ SystemCallSource   555 and 556, on a kernel of ours
//                     ├─ ProcfsSource       /proc, or a folder like it; files opened and closed
//                     └─ LiveProcfsSource   /proc again and again, on files kept open
//
// All three give the same snapshot. Expensive details are read separately, for the rows that are to be
// shown.

/// Something that knows the memory of processes.
public protocol StatisticsSource: ~Copyable {
  /// Looks at all processes that are visible.
  ///
  /// - Complexity: O(*n* log *n*) for *n* processes.
  mutating func snapshot() throws(StatisticsError) -> Snapshot

  /// Looks at some processes alone, without ranks and growth; who is not there is left out.
  ///
  /// - Complexity: O(*n* log *n*) for *n* of them, however many others there are.
  mutating func snapshot(of pids: Set<ProcessIdentifier>) throws(StatisticsError) -> Snapshot

  /// Looks at one process, without its rank; nil where there is none.
  mutating func process(_ pid: ProcessIdentifier) throws(StatisticsError) -> ProcessStatistics?

  /// Reads what is asked for besides, where it can be read and the process is still the same.
  mutating func read(_ details: ProcessDetails, into process: inout ProcessStatistics)

  /// The lowest limit on the memory of a control group, its own or that of one above it; nil where
  /// there is none.
  mutating func limit(onMemoryOf cgroup: String) -> CgroupLimit?
}

/// What is read on request only, as it takes time.
public struct ProcessDetails: OptionSet, Sendable, Hashable {
  public let rawValue: Int

  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// PSS and USS: some 36 µs a process, and more for each page.
  public static let proportional = ProcessDetails(rawValue: 1)
  /// The command line.
  public static let commandLine = ProcessDetails(rawValue: 2)
  /// The control group.
  public static let cgroup = ProcessDetails(rawValue: 4)
  /// When it started.
  public static let start = ProcessDetails(rawValue: 8)
  /// Its name beyond 15 bytes, from the command line, where the kernel's may have been cut.
  public static let fullName = ProcessDetails(rawValue: 16)
  /// Its control group with the limit on its memory, and what the group uses.
  public static let cgroupMemory = ProcessDetails(rawValue: 32)
  /// What /proc/PID/status has and the system calls don't: state, threads, peak, locked and hugetlb
  /// memory. The other sources read it in any case.
  public static let status = ProcessDetails(rawValue: 64)
}

/// Why there are no statistics.
public enum StatisticsError: Error, Sendable, Hashable {
  /// The folder of processes, or a file that all depends on, can't be read.
  case unreadable(path: String, errorNumber: Int32)
  /// Nothing is mounted at /proc.
  case noProcfs
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
    case .noProcfs:
      "there is no /proc here: mount it (mount -t proc proc /proc), or name a copy by --fixture"
    case .noSystemCalls:
      "this kernel does not have the system calls: its release does not end in -tamalloc"
    case .systemCall(let call, let number):
      "system call \(call) failed: \(Kernel.errorText(number))"
    }
  }
}
