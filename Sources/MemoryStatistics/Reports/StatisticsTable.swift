// SPDX-License-Identifier: MIT

internal import Pages

/// A table of processes as text.
public struct StatisticsTable {
  /// The columns, from the left.
  public var fields: [Field]
  /// The unit of bytes.
  public var unit: ByteUnit
  /// The columns of the terminal, or nil where lines may have any length.
  public var width: Int?
  /// Whether columns have room for usual values at once, so that they stay where they are from one
  /// table to the next.
  public var isSteady = false

  /// A table of these columns.
  public init(fields: [Field], unit: ByteUnit, width: Int? = nil) {
    self.fields = fields
    self.unit = unit
    self.width = width
  }

  /// The text of a cell.
  public func text(_ value: FieldValue) -> String {
    switch value {
    case .bytes(let count): unit.text(count)
    case .growth(let count): (count > 0 ? "+" : "") + (count == 0 ? "" : unit.text(count))
    case .integer(let number): "\(number)"
    case .ratio(let ratio): Self.percent(ratio)
    case .text(let text): DisplayText.safe(text)
    case .never: "never"
    case .notApplicable: ""
    case .unknown: "–"
    }
  }

  /// A share as a percentage with one decimal.
  public static func percent(_ ratio: Double) -> String {
    guard ratio.isFinite, ratio.magnitude < 1e12 else { return "" }
    let tenths = Int((ratio * 1000).rounded())
    return "\(tenths / 10).\(tenths.magnitude % 10)%"
  }

  /// The heading and the rows, each with its newline, and how many rows have a gap.
  ///
  /// - Parameter branches: what stands before each row's name, or nothing.
  /// - Complexity: O(rows × columns).
  public func lines(
    of processes: [ProcessStatistics], branches: [String] = [], names: inout UserNames
  ) -> (text: String, gaps: Int) {
    var cells: [[String]] = [fields.map(\.title)]
    cells.reserveCapacity(processes.count + 1)
    var gaps = 0
    for (index, process) in processes.enumerated() {
      var row: [String] = []
      row.reserveCapacity(fields.count)
      var hasGap = false
      for field in fields {
        let value = field.value(of: process, names: &names)
        hasGap = hasGap || value == .unknown
        var cell = text(value)
        if field == .name, index < branches.count { cell = branches[index] + cell }
        row.append(cell)
      }
      if hasGap { gaps += 1 }
      cells.append(row)
    }
    return (joined(cells), gaps)
  }

  private func joined(_ cells: [[String]]) -> String {
    var widths = fields.map { isSteady ? $0.usualWidth : 0 }
    for row in cells {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], DisplayText.width(cell))
      }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(cells.count * (widths.reduce(0, +) + 2 * fields.count))
    for row in cells {
      var used = 0
      for (column, cell) in row.enumerated() {
        if column > 0 {
          bytes.append(contentsOf: "  ".utf8)
          used += 2
        }
        var cell = cell
        let isLast = column == fields.count - 1
        if isLast, let width { cell = DisplayText.prefix(cell, columns: max(width - used, 15)) }
        let blanks = widths[column] - DisplayText.width(cell)
        if fields[column].isNumeric, blanks > 0 {
          bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: blanks))
        }
        bytes.append(contentsOf: cell.utf8)
        if !fields[column].isNumeric, blanks > 0, !isLast {
          bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: blanks))
        }
        used += widths[column]
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
