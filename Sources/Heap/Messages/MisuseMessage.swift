// SPDX-License-Identifier: MIT

package import Pages
internal import System

/// One line on standard error about a pointer that a program should not have passed.
///
/// It is put together in place and written by one call, for a program that got here may hold any
/// lock, and its heap may be broken:
///
///     tamalloc: tafree(0x7f2a5c0d1010): no block begins there, it is 16 bytes into the block of
///     4096 bytes at 0x7f2a5c0d1000
package struct MisuseMessage {
  private var line = InlineArray<200, UInt8>(repeating: 0)
  private var count = 0

  /// Writes the line and ends the program with SIGABRT.
  package static func abort(function: StaticString, _ address: VirtualAddress, _ misuse: Misuse)
    -> Never
  {
    var message = MisuseMessage()
    message.add("tamalloc: ")
    message.add(function)
    message.add("(")
    message.add(address)
    message.add("): ")
    switch misuse {
    case .unknown:
      message.add("no block begins there")
    case .freed:
      message.add("the block that began there was freed before")
    case .overflown:
      message.add("bytes behind the end of the block that begins there were written")
    case .usedAfterFree:
      message.add("the block that began there was written after it was freed")
    case .wrongSize(let length, let told):
      message.add("the block that begins there has ")
      message.add(length.rawValue.magnitude, radix: 10)
      message.add(" bytes, and not the ")
      message.add(told, radix: 10)
      message.add(" that it is deleted with")
    case .busy:
      message.add("another thread is freeing or resizing this block")
    case .inside(let start, let length):
      message.add("no block begins there, it is ")
      message.add(UInt((address - start).rawValue.magnitude), radix: 10)
      message.add(" bytes into the block of ")
      message.add(length.rawValue.magnitude, radix: 10)
      message.add(" bytes at ")
      message.add(start)
    }
    message.add("\n")
    message.write()
    Syscalls.abort()
  }

  private mutating func add(_ byte: UInt8) {
    guard count < line.count else { return }
    line[count] = byte
    count += 1
  }

  private mutating func add(_ text: StaticString) {
    // SAFETY: a literal's bytes live as long as the program.
    let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    for index in bytes.indices { unsafe add(bytes[index]) }
  }

  private mutating func add(_ address: VirtualAddress) {
    add("0x")
    add(address.rawValue, radix: 16)
  }

  private mutating func add(_ number: UInt, radix: UInt) {
    if number >= radix { add(number / radix, radix: radix) }
    let digit = UInt8(truncatingIfNeeded: number % radix)
    add(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  private func write() {
    let span = line.span
    unsafe span.withUnsafeBufferPointer {
      // Nothing is left to be done where standard error can't be written.
      unsafe _ = Syscalls.writeError($0.baseAddress, count)
    }
  }
}
