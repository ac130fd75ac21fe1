// SPDX-License-Identifier: MIT

// Numbers that the kernel tells in small text files.

package enum KernelFile {
  /// The first decimal number in a file, or the first after a label; nil where there is none. Only the file's
  /// first 4 KiB are looked at.
  package static func number(in path: StaticString, after label: StaticString = "") -> Int? {
    unsafe withStackBuffer(InlineArray<4096, UInt8>(repeating: 0)) { buffer in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      guard let count = try? unsafe Syscalls.readFile(path, into: bytes) else { return nil }
      var index = 0
      if label.utf8CodeUnitCount > 0 {
        let length = label.utf8CodeUnitCount
        while true {
          guard index + length <= count else { return nil }
          // SAFETY: both sides were checked to have `length` bytes.
          let isHere = (0..<length).allSatisfy {
            unsafe buffer[index + $0] == label.utf8Start[$0]
          }
          if isHere { break }
          index += 1
        }
        index += length
      }
      var value: Int?
      while index < count {
        let byte = unsafe buffer[index]
        if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
          value = (value ?? 0) &* 10 &+ Int(byte - UInt8(ascii: "0"))
        } else if value != nil {
          break
        }
        index += 1
      }
      return value
    }
  }

  /// How many lines a file has, or nil where it can't be read.
  package static func lineCount(of path: StaticString) -> Int? {
    guard let descriptor = try? Syscalls.openForReading(path) else { return nil }
    defer { Syscalls.close(descriptor) }
    return unsafe withStackBuffer(InlineArray<4096, UInt8>(repeating: 0)) { buffer in
      var lines = 0
      while true {
        guard
          let length = try? unsafe Syscalls.read(
            descriptor, into: UnsafeMutableRawBufferPointer(buffer))
        else { return nil }
        if length == 0 { return lines }
        for index in 0..<length where unsafe buffer[index] == UInt8(ascii: "\n") { lines &+= 1 }
      }
    }
  }
}
