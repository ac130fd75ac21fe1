// SPDX-License-Identifier: MIT

internal import Pages

/// The order of rows.
public struct RowOrder: Sendable, Hashable {
  /// What rows are ordered by.
  public var field: Field
  /// Whether the smallest is first.
  public var isReversed: Bool

  /// An order by a field.
  public init(by field: Field, isReversed: Bool = false) {
    self.field = field
    self.isReversed = isReversed
  }

  /// Puts rows in order; what is not known comes last, and equal rows are in the order of their pids.
  ///
  /// - Complexity: O(*n* log *n*).
  public func sort(_ processes: inout [ProcessStatistics], names: inout UserNames) {
    var places = sorted(Array(processes.indices), of: processes, names: &names)
    // Each row moves once, along the cycles of the order: no second list of rows.
    for start in places.indices {
      var place = start
      while places[place] != start {
        let next = places[place]
        processes.swapAt(place, next)
        places[place] = place
        place = next
      }
      places[place] = place
    }
  }

  /// The places of rows in order, of which a screen then takes what it has room for.
  ///
  /// - Complexity: O(*n* log *n*).
  public func sorted(
    _ places: [Int], of processes: [ProcessStatistics], names: inout UserNames
  ) -> [Int] {
    var numbers: [(value: Int, pid: ProcessIdentifier, place: Int)] = []
    var texts: [(value: String, pid: ProcessIdentifier, place: Int)] = []
    var unknown: [(pid: ProcessIdentifier, place: Int)] = []
    numbers.reserveCapacity(places.count)
    for place in places {
      let pid = processes[place].pid
      switch field.value(of: processes[place], names: &names) {
      case .bytes(let count), .growth(let count): numbers.append((count.rawValue, pid, place))
      case .integer(let number): numbers.append((number, pid, place))
      case .ratio(let ratio): numbers.append((Self.ordered(ratio), pid, place))
      case .time(let seconds): numbers.append((Self.ordered(seconds), pid, place))
      case .flag(let flag): numbers.append((flag ? 1 : 0, pid, place))
      case .text(let text): texts.append((text, pid, place))
      case .never, .notApplicable, .unknown: unknown.append((pid, place))
      }
    }
    let isDescending = field.isDescending != isReversed
    /// The places by value, and of equal values by pid.
    func sorted<Value: Comparable>(
      _ known: [(value: Value, pid: ProcessIdentifier, place: Int)]
    ) -> [Int] {
      known.sorted { left, right in
        if left.value == right.value { return left.pid < right.pid }
        return (left.value < right.value) != isDescending
      }.map(\.place)
    }
    unknown.sort { $0.pid < $1.pid }
    return sorted(numbers) + sorted(texts) + unknown.map(\.place)
  }

  /// A whole number that has the same order as a number of at least 0 (IEEE 754: the exponent stands
  /// above the fraction).
  private static func ordered(_ ratio: Double) -> Int {
    Int(truncatingIfNeeded: max(ratio, 0).bitPattern)
  }
}
