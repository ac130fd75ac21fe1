// SPDX-License-Identifier: MIT

internal import ExportArguments
internal import MemoryStatistics

extension SourceOptions {
  /// Opens the source for a command, whose errors have an exit status.
  func openForCommand(period: Int? = nil) throws(Failure) -> any StatisticsSource & ~Copyable {
    do throws(StatisticsError) {
      return try open(period: period)
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
    case .noSystemCalls, .noProcfs, .unreadable: self.init(error.description, status: .usage)
    case .systemCall: self.init(error.description)
    }
  }
}
