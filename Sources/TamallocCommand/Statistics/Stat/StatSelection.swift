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

  /// What is shown.
  struct Result {
    var rows: [ProcessStatistics]
    /// Of all that passed the filter, shown or not.
    var totals: TotalStatistics
    var machine: MachineMemory
    var origin: Snapshot.Origin
  }

  func take(
    from source: inout any StatisticsSource & ~Copyable, names: inout UserNames
  ) throws -> Result {
    do throws(StatisticsError) {
      var snapshot = try source.snapshot()
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
      let allTotals = snapshot.totals
      var rows = (consume snapshot).processes
      if !filter.isOpen { rows = rows.filter(filter.passes) }
      // What decides or is summed is read for all; the rest for what is shown.
      let early = details.intersection([.proportional]).union(filter.details)
        .union(order.field.details)
      read(early, into: &rows, from: &source)
      if filter.cgroup != nil { rows.removeAll { !filter.passesCgroup($0) } }
      let needsSum = !filter.isOpen || details.contains(.proportional)
      let totals = needsSum ? TotalStatistics(of: rows) : allTotals
      order.sort(&rows, names: &names)
      if let most { rows = Array(rows.prefix(most)) }
      read(details.subtracting(early), into: &rows, from: &source)
      return Result(rows: rows, totals: totals, machine: machine, origin: origin)
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
