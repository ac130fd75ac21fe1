// SPDX-License-Identifier: MIT

internal import Glibc
internal import MemoryStatistics

/// From all processes to the rows that are shown: filter, order, cut, with what costs much read last.
struct StatSelection {
  var filter: ProcessFilter
  var order: RowOrder
  /// The most rows that are wanted.
  var most: Int?
  var details: ProcessDetails
  /// Whether to look a second time, one second later.
  var needsGrowth: Bool
  /// Whether ranks are asked for, which need a look at all processes.
  var needsRank = true

  /// What is shown.
  struct Result {
    var rows: [ProcessStatistics]
    /// Of all that passed the filter, shown or not.
    var totals: TotalStatistics
    var machine: MachineMemory
    var origin: Snapshot.Origin
    var isWholeMachine: Bool
    /// The limit that ranks are of, where it is not the machine.
    var ranking: CgroupRanking?
  }

  func take(
    from source: inout any StatisticsSource & ~Copyable, names: inout UserNames
  ) throws -> Result {
    do throws(StatisticsError) {
      var snapshot: Snapshot
      if let pids = filter.pids, !needsRank, !needsGrowth {
        snapshot = try source.snapshot(of: pids)
      } else {
        snapshot = try source.snapshot()
      }
      if needsGrowth {
        sleep(1)
        let later = try source.snapshot()
        let earlier = snapshot
        snapshot = later
        snapshot.noteGrowth(since: earlier)
      }
      // The rows are moved and not copied wherever they can be: a copy takes as long as some of the reading.
      let machine = snapshot.machine
      let origin = snapshot.origin
      let isWholeMachine = snapshot.isWholeMachine
      let allTotals = snapshot.totals
      var rows = (consume snapshot).processes
      read(filter.details, into: &rows, from: &source)
      let ranking = CgroupRanking(
        of: needsRank ? filter.cgroup : nil, in: &rows, machine: machine, source: &source)
      if !filter.isOpen { rows = rows.filter(filter.passes) }
      // What is summed or decides the order is read for all; the rest for what is shown.
      let early = details.intersection([.proportional]).union(order.field.details)
        .subtracting(filter.details)
      read(early, into: &rows, from: &source)
      if filter.cgroup != nil { rows.removeAll { !filter.passesCgroup($0) } }
      let needsSum = !filter.isOpen || details.contains(.proportional)
      let totals = needsSum ? TotalStatistics(of: rows) : allTotals
      order.sort(&rows, names: &names)
      if let most { rows = Array(rows.prefix(most)) }
      let late = details.subtracting(early).subtracting(filter.details)
      read(late, into: &rows, from: &source)
      return Result(
        rows: rows, totals: totals, machine: machine, origin: origin,
        isWholeMachine: isWholeMachine, ranking: ranking)
    } catch {
      throw Failure(error)
    }
  }

  private func read(
    _ details: ProcessDetails, into rows: inout [ProcessStatistics],
    from source: inout any StatisticsSource & ~Copyable
  ) {
    guard !details.isEmpty else { return }
    for index in rows.indices { source.read(details, into: &rows[index]) }
  }
}
