// SPDX-License-Identifier: MIT

public import ArgumentParser
public import MemoryStatistics

/// Where the figures are to come from.
public enum SourceChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// The system calls where the kernel has them, else /proc.
  case auto
  /// The system calls 555 and 556.
  case syscalls
  /// The files of /proc, or of a folder like it.
  case procfs

  // Without key paths, as the parser has it: to make one takes Swift 0.1 ms at each start.
  public static var allValueStrings: [String] { allCases.map { $0.rawValue } }
}

/// The options that say where the figures come from.
public struct SourceOptions: ParsableArguments {
  /// What is read.
  @Option(help: "Where the figures come from; auto takes the system calls where there are any.")
  public var source: SourceChoice = .auto

  /// A folder that looks like /proc.
  @Option(
    help: ArgumentHelp(
      "Read a folder that looks like /proc in its place.", valueName: "folder"),
    completion: .directory)
  public var fixture: String?

  public init() {}

  public func validate() throws {
    if source == .syscalls && fixture != nil {
      throw ValidationError("--fixture is read by --source procfs, not by system calls")
    }
  }

  /// Opens the source.
  ///
  /// - Parameter period: nil for one look; else it is looked at again and again, and /proc's expensive files
  ///   are read once in so many looks.
  /// - Parameter spared: how many files others of the program may want to have open.
  public func open(
    period: Int? = nil, spared: Int = 64
  ) throws(StatisticsError) -> sending any StatisticsSource & ~Copyable {
    if source == .syscalls || (source == .auto && fixture == nil && SystemCallSource.isAvailable) {
      return try SystemCallSource()
    }
    let root = fixture ?? "/proc"
    if let period { return try LiveProcfsSource(root: root, period: period, spared: spared) }
    return try ProcfsSource(root: root)
  }
}
