// SPDX-License-Identifier: MIT

internal import ExportArguments
internal import MemoryStatistics
internal import Synchronization

/// Looks at all processes when asked, and not twice within a second: clients that ask at once share one
/// look, so that their number costs nothing.
final class MetricsScanner: Sendable {
  private struct State: ~Copyable {
    var source: any StatisticsSource & ~Copyable
    var names = UserNames()
    var page = ""
    /// When the page was made, on the monotonic clock.
    var time: ContinuousClock.Instant?
  }

  private let state: Mutex<State>
  private let grouping: Grouping
  private let most: Int

  /// How old a page may be.
  private static let lifetime = Duration.seconds(1)

  /// - Parameter spared: how many files others of this program may want to have open.
  init(options: ExportOptions, spared: Int) throws(StatisticsError) {
    grouping = options.groupBy
    most = options.top
    // What rarely changes is at most four scrapes old.
    state = Mutex(State(source: try options.source.open(period: 4, spared: spared)))
  }

  /// The page of now, or of a moment ago.
  func page() throws -> String {
    try state.withLock { state in
      let clock = ContinuousClock()
      if let time = state.time, clock.now - time < Self.lifetime { return state.page }
      let start = clock.now
      state.names.refresh()
      let snapshot = try state.source.snapshot()
      var processes = snapshot.processes
      if !grouping.details.isEmpty {
        for index in processes.indices {
          state.source.read(grouping.details, into: &processes[index])
        }
      }
      let groups = ProcessGroup.groups(
        of: processes, by: grouping, most: most, names: &state.names)
      let seconds = (clock.now - start) / .seconds(1)
      state.page = MetricsPage(snapshot: snapshot, groups: groups, scanSeconds: seconds).content
      state.time = clock.now
      return state.page
    }
  }
}
