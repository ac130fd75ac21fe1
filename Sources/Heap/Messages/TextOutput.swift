// SPDX-License-Identifier: MIT

internal import System

/// Text for standard error, put together in place: a heap can't ask itself for memory, and a thread's stack may
/// be of 16 KiB.
struct TextOutput: ~Copyable {
  private var bytes = InlineArray<1024, UInt8>(repeating: 0)
  private var count = 0

  mutating func add(_ byte: UInt8) {
    if count == bytes.count { write() }
    bytes[count] = byte
    count += 1
  }

  mutating func add(_ text: StaticString, width: Int = 0) {
    pad(width &- text.utf8CodeUnitCount)
    // SAFETY: a literal's bytes live as long as the program.
    let source = unsafe UnsafeBufferPointer(
      start: text.utf8Start, count: text.utf8CodeUnitCount)
    for index in source.indices { unsafe add(source[index]) }
  }

  mutating func add(_ number: Int, width: Int = 0) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits &+= 1
      rest /= 10
    }
    pad(width &- digits)
    digitsOf(max(number, 0))
  }

  private mutating func digitsOf(_ number: Int) {
    if number >= 10 { digitsOf(number / 10) }
    add(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }

  /// A number of bytes as people read it: `12.3 MiB`.
  mutating func add(bytes number: Int, width: Int = 0) {
    let units: InlineArray<5, StaticString> = [" B", " KiB", " MiB", " GiB", " TiB"]
    var unit = 0
    var value = number
    var tenths = 0
    while value >= 1024, unit < 4 {
      tenths = (value % 1024) * 10 / 1024
      value /= 1024
      unit += 1
    }
    let showsTenth = unit > 0 && value < 100
    var digits = value >= 1000 ? 4 : value >= 100 ? 3 : value >= 10 ? 2 : 1
    if showsTenth { digits += 2 }
    pad(width &- digits &- units[unit].utf8CodeUnitCount)
    digitsOf(value)
    if showsTenth {
      add(UInt8(ascii: "."))
      digitsOf(tenths)
    }
    add(units[unit])
  }

  private mutating func pad(_ columns: Int) {
    var left = columns
    while left > 0 {
      add(UInt8(ascii: " "))
      left &-= 1
    }
  }

  /// Writes what there is, and begins anew.
  mutating func write() {
    let length = count
    let span = bytes.span
    unsafe span.withUnsafeBufferPointer {
      // Nothing is left to be done where standard error can't be written.
      unsafe _ = Syscalls.writeError($0.baseAddress, length)
    }
    count = 0
  }
}
