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

  /// A share as a percentage with one decimal.
  public static func percent(_ ratio: Double) -> String {
    var bytes: [UInt8] = []
    append(percent: ratio, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(percent ratio: Double, to bytes: inout [UInt8]) {
    guard ratio.isFinite, ratio.magnitude < 1e12 else { return }
    let tenths = Int((ratio * 1000).rounded())
    bytes.append(decimal: tenths / 10)
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: tenths.magnitude % 10)
    bytes.append(UInt8(ascii: "%"))
  }

  /// The heading and the rows, each with its newline, and how many rows have a gap.
  ///
  /// - Parameter branches: what stands before each row's name, or nothing.
  /// - Complexity: O(rows × columns).
  public func lines(
    of processes: [ProcessStatistics], branches: [String] = [], names: inout UserNames
  ) -> (text: String, gaps: Int) {
    var cells = CellText()
    cells.reserve(cells: (processes.count + 1) * fields.count)
    for field in fields { cells.add(field.title) }
    var gaps = 0
    for index in processes.indices {
      // Taken out once, and not for each of its cells.
      let process = processes[index]
      var hasGap = false
      for field in fields {
        let value = field.value(of: process, names: &names)
        if case .unknown = value { hasGap = true }
        add(
          value, branch: field == .name && index < branches.count ? branches[index] : "", to: &cells
        )
      }
      if hasGap { gaps += 1 }
    }
    return (joined(cells), gaps)
  }

  private func add(_ value: FieldValue, branch: String, to cells: inout CellText) {
    switch value {
    case .bytes(let count): cells.add { unit.append(count, to: &$0) }
    case .growth(let count):
      cells.add { bytes in
        if count > 0 { bytes.append(UInt8(ascii: "+")) }
        if count != 0 { unit.append(count, to: &bytes) }
      }
    case .integer(let number): cells.add { $0.append(decimal: number) }
    case .ratio(let ratio): cells.add { Self.append(percent: ratio, to: &$0) }
    case .text(let text): cells.add(text, prefix: branch)
    case .never: cells.add("never")
    case .notApplicable: cells.add("", prefix: branch)
    case .unknown: cells.add("–", prefix: branch)
    }
  }

  private func joined(_ text: CellText) -> String {
    var widths = fields.map { isSteady ? $0.usualWidth : 0 }
    var column = 0
    for cell in text.cells {
      widths[column] = max(widths[column], cell.width)
      column = column + 1 == widths.count ? 0 : column + 1
    }
    var bytes: [UInt8] = []
    let rows = text.cells.count / max(fields.count, 1)
    bytes.reserveCapacity(text.bytes.count + rows * (widths.reduce(0, +) + 2 * fields.count))
    var start = 0
    var used = 0
    column = 0
    for cell in text.cells {
      if column > 0 {
        bytes.append("  ")
        used += 2
      }
      let isLast = column == fields.count - 1
      let isNumeric = fields[column].isNumeric
      let blanks = widths[column] - cell.width
      if isNumeric { for _ in 0..<max(blanks, 0) { bytes.append(UInt8(ascii: " ")) } }
      if isLast, let width, cell.width > max(width - used, 15) {
        let whole = String(decoding: text.bytes[start..<cell.end], as: UTF8.self)
        bytes.append(contentsOf: DisplayText.prefix(whole, columns: max(width - used, 15)).utf8)
      } else {
        // Byte by byte: most cells have fewer than ten, and a slice of the array costs more than they.
        for index in start..<cell.end { bytes.append(text.bytes[index]) }
      }
      if !isNumeric, !isLast {
        for _ in 0..<max(blanks, 0) { bytes.append(UInt8(ascii: " ")) }
      }
      start = cell.end
      used += widths[column]
      column += 1
      if isLast {
        bytes.append(UInt8(ascii: "\n"))
        (column, used) = (0, 0)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
