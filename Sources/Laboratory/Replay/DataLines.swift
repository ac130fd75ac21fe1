// SPDX-License-Identifier: MIT

/// The course's data file `kma_output.dat`, in pieces: `index liveBytes pageBytes` for each event, and
/// `0 0 0` before the first.
struct DataLines {
  private var text: [UInt8] = Array("0 0 0\n".utf8)
  private let sink: ([UInt8]) throws -> Void

  /// - Parameter sink: takes pieces of about 64 KiB.
  init(sink: @escaping ([UInt8]) throws -> Void) {
    self.sink = sink
  }

  mutating func add(event: Int, liveBytes: Int, pageBytes: Int) throws {
    append(event, then: 32)
    append(liveBytes, then: 32)
    append(pageBytes, then: 10)
    if text.count >= 1 << 16 { try flush() }
  }

  /// Hands over what is left.
  mutating func flush() throws {
    guard !text.isEmpty else { return }
    try sink(text)
    text.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ number: Int, then end: UInt8) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    var rest = number
    while divisor > 0 {
      text.append(48 + UInt8(rest / divisor))
      rest %= divisor
      divisor /= 10
    }
    text.append(end)
  }
}
