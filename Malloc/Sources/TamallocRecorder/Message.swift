// SPDX-License-Identifier: MIT

internal import CRecorder

/// One line on standard error, put together without a heap.
enum Message {
  /// Says why nothing more is recorded.
  static func say(_ text: StaticString, _ number: Int32 = 0) {
    var line = InlineArray<160, UInt8>(repeating: 0)
    var count = 0
    func add(_ text: StaticString) {
      for index in 0..<text.utf8CodeUnitCount where count < 160 {
        // SAFETY: the index is within the literal.
        line[count] = unsafe text.utf8Start[index]
        count += 1
      }
    }
    add("tamalloc: the recording stops: ")
    add(text)
    if number != 0 {
      add(" (error ")
      var divisor: Int32 = 1000
      while divisor > 1 && number / divisor == 0 { divisor /= 10 }
      while divisor > 0, count < 150 {
        line[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10)
        count += 1
        divisor /= 10
      }
      add(")")
    }
    add("\n")
    let span = line.span
    unsafe span.withUnsafeBufferPointer {
      // Nothing is left to be done where standard error can't be written.
      unsafe crecorder_complain($0.baseAddress, count)
    }
  }

  /// Says it, and ends the program, which can't go on.
  static func end(_ text: StaticString) -> Never {
    say(text)
    _exit(127)
  }
}
