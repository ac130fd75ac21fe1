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

  /// The rows in order; what is not known comes last, and equal rows are in the order of their pids.
  ///
  /// - Complexity: O(*n* log *n*).
  public func sorted(
    _ processes: [ProcessStatistics], names: inout UserNames
  ) -> [ProcessStatistics] {
    sorted(Array(processes.indices), of: processes, names: &names).map { processes[$0] }
  }

  /// The places of rows in order, of which a screen then takes what it has room for.
  ///
  /// - Complexity: O(*n* log *n*).
  public func sorted(
    _ places: [Int], of processes: [ProcessStatistics], names: inout UserNames
  ) -> [Int] {
    var keys: [(key: SortKey, index: Int)] = []
    keys.reserveCapacity(places.count)
    for index in places {
      keys.append((SortKey(field.value(of: processes[index], names: &names)), index))
    }
    let isDescending = field.isDescending != isReversed
    keys.sort { left, right in
      if left.key.isKnown != right.key.isKnown { return left.key.isKnown }
      if left.key < right.key { return !isDescending }
      if right.key < left.key { return isDescending }
      return processes[left.index].pid < processes[right.index].pid
    }
    return keys.map(\.index)
  }
}

/// A value in a form that compares quickly.
private enum SortKey {
  case number(Double)
  case integer(Int)
  case text(String)
  case unknown

  init(_ value: FieldValue) {
    switch value {
    case .bytes(let count), .growth(let count): self = .integer(count.rawValue)
    case .integer(let number): self = .integer(number)
    case .ratio(let ratio): self = .number(ratio)
    case .text(let text): self = .text(text)
    case .never, .notApplicable, .unknown: self = .unknown
    }
  }

  var isKnown: Bool {
    if case .unknown = self { return false }
    return true
  }

  static func < (left: SortKey, right: SortKey) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right
    case (.number(let left), .number(let right)): left < right
    case (.text(let left), .text(let right)): left < right
    default: false
    }
  }
}
