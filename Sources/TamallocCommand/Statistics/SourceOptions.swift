// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import MemoryStatistics

/// Where the figures are to come from.
enum SourceChoice: String, ExpressibleByArgument, CaseIterable {
  /// The system calls where the kernel has them, else /proc.
  case auto
  case syscalls
  case procfs
}

/// The options that say where the figures come from.
struct SourceOptions: ParsableArguments {
  @Option(help: "Where the figures come from; auto takes the system calls where there are any.")
  var source: SourceChoice = .auto

  @Option(
    help: ArgumentHelp(
      "Read a folder that looks like /proc in its place.", valueName: "folder"),
    completion: .directory)
  var fixture: String?

  func validate() throws {
    if source == .syscalls && fixture != nil {
      throw ValidationError("--fixture is read by --source procfs, not by system calls")
    }
  }

  /// Opens the source.
  ///
  /// - Parameter live: whether it is to be looked at again and again.
  func open(live: Bool = false) throws -> any StatisticsSource & ~Copyable {
    do throws(StatisticsError) {
      if source == .syscalls || (source == .auto && fixture == nil && SystemCallSource.isAvailable)
      {
        return try SystemCallSource()
      }
      let root = fixture ?? "/proc"
      return live ? try LiveProcfsSource(root: root) : try ProcfsSource(root: root)
    } catch {
      throw Failure(error)
    }
  }
}

extension Failure {
  /// An error of the statistics.
  init(_ error: StatisticsError) {
    // A folder that was named wrongly is a wrong argument; so is a source that is not there.
    switch error {
    case .noSystemCalls, .unreadable: self.init(error.description, status: .usage)
    case .systemCall: self.init(error.description)
    }
  }
}
