// SPDX-License-Identifier: MIT

// A table of a thousand processes has some ten thousand cells. A string for each would take longer than
// the kernel takes to tell what stands in them; so the cells lie one behind the other in one array of
// bytes, and what is known of each is where it ends and how wide it is.

/// The cells of a table, in the order of its rows.
struct CellText {
  /// One cell: it begins where the one before it ends.
  struct Cell {
    private let packedEnd, packedWidth: UInt32

    init(end: Int, width: Int) {
      packedEnd = UInt32(clamping: end)
      packedWidth = UInt32(clamping: width)
    }

    var end: Int { Int(packedEnd) }
    /// Columns on a terminal.
    var width: Int { Int(packedWidth) }
  }

  /// 20 digits, a point and one more, two signs, and a unit.
  static let longestNumber = 32

  private(set) var bytes: [UInt8] = []
  private(set) var cells: [Cell] = []

  /// Makes room.
  mutating func reserve(cells count: Int) {
    cells.reserveCapacity(count)
    bytes.reserveCapacity(count * 8)
  }

  /// Adds a cell of ASCII that something appends to the bytes: a number with what belongs to it.
  mutating func add(_ append: (inout OutputSpan<UInt8>) -> Void) {
    let start = bytes.count
    bytes.append(addingCapacity: Self.longestNumber, initializingWith: append)
    cells.append(Cell(end: bytes.count, width: bytes.count - start))
  }

  /// Adds a cell of any text, with what must not reach a terminal replaced.
  ///
  /// - Parameter prefix: what stands before it, and is safe.
  mutating func add(_ text: String, prefix: String = "") {
    let start = bytes.count
    bytes.append(contentsOf: prefix.utf8)
    bytes.append(contentsOf: text.utf8)
    if bytes[start...].allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      cells.append(Cell(end: bytes.count, width: bytes.count - start))
      return
    }
    let safe = prefix + DisplayText.safe(text)
    bytes.removeSubrange(start...)
    bytes.append(contentsOf: safe.utf8)
    cells.append(Cell(end: bytes.count, width: DisplayText.width(safe)))
  }
}

extension [UInt8] {
  /// Appends a number in decimal.
  mutating func append(decimal number: Int) {
    append(addingCapacity: CellText.longestNumber) { $0.append(decimal: number) }
  }

  /// Appends a text that the program contains.
  mutating func append(_ text: StaticString) {
    append(addingCapacity: text.utf8CodeUnitCount) { $0.append(text) }
  }

  /// Writes bytes of another list over those from a place on.
  mutating func put(_ source: [UInt8], _ range: Range<Int>, at start: Int) {
    // Byte by byte: most cells have fewer than ten, and a slice of the array costs more than they.
    var target = mutableSpan
    let source = source.span
    for index in range { target[start + index - range.lowerBound] = source[index] }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a number in decimal.
  mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: number.magnitude)
  }

  /// Appends a number in decimal.
  mutating func append(decimal number: UInt) {
    // The lowest digit comes first, as division by a constant is a multiplication. 20 are enough.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = digits.count
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    for index in first..<digits.count { append(digits[index]) }
  }

  /// Appends a text that the program contains.
  mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      // SAFETY: a static string has as many bytes.
      append(unsafe text.utf8Start[index])
    }
  }
}
