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
  /// Columns that may be left out where the terminal is narrow, the first ones first.
  public var expendable: [Field] = []
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
    let bytes = [UInt8](capacity: CellText.longestNumber) { append(percent: ratio, to: &$0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(percent ratio: Double, to bytes: inout OutputSpan<UInt8>) {
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
    case .time(let seconds): cells.add(Kernel.localTime(seconds))
    case .flag(let flag): cells.add(flag ? "yes" : "no")
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
    let isShown = shown(widths)
    let rows = text.cells.count / max(fields.count, 1)
    let room = text.bytes.count + rows * (widths.reduce(0, +) + 2 * fields.count)
    // Blanks at first, so that only what stands in the cells has to be put in its place.
    var bytes = [UInt8](repeating: UInt8(ascii: " "), count: room)
    var line = Line()
    var cellStart = 0
    column = 0
    for cell in text.cells {
      let isLast = column == fields.count - 1
      defer {
        cellStart = cell.end
        column = isLast ? 0 : column + 1
        if isLast { line.finish(in: &bytes, width: width) }
      }
      guard isShown[column] else { continue }
      let blanks = max(widths[column] - cell.width, 0)
      let isNumeric = fields[column].isNumeric
      line.skip((line.columns > 0 ? 2 : 0) + (isNumeric ? blanks : 0))
      bytes.put(text.bytes, cellStart..<cell.end, at: line.end)
      line.end += cell.end - cellStart
      line.columns += cell.width
      if !isNumeric, !isLast { line.skip(blanks) }
    }
    bytes.removeLast(bytes.count - line.end)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Which columns there is room for, with sixteen of the terminal's for the last one.
  private func shown(_ widths: [Int]) -> [Bool] {
    var isShown = widths.map { _ in true }
    guard let width else { return isShown }
    var total = widths.dropLast().reduce(0) { $0 + $1 + 2 } + min(widths.last ?? 0, 16)
    for field in expendable where total > width {
      for column in widths.indices.dropLast() where fields[column] == field && isShown[column] {
        isShown[column] = false
        total -= widths[column] + 2
      }
    }
    return isShown
  }

  /// A line that is put together in a list of blanks.
  private struct Line {
    var start = 0
    var end = 0
    /// Columns on a terminal.
    var columns = 0

    mutating func skip(_ blanks: Int) {
      end += blanks
      columns += blanks
    }

    /// Ends the line, cut to the terminal's width, and begins the next one.
    mutating func finish(in bytes: inout [UInt8], width: Int?) {
      if let width, columns > width {
        let whole = String(decoding: bytes[start..<end], as: UTF8.self)
        let short = Array(DisplayText.prefix(whole, columns: width).utf8)
        bytes.replaceSubrange(start..<end, with: short)
        end = start + short.count
      }
      bytes[end] = UInt8(ascii: "\n")
      (start, end, columns) = (end + 1, end + 1, 0)
    }
  }
}
