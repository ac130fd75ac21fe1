// SPDX-License-Identifier: MIT

// Numbers that the kernel tells in small text files.

package enum KernelFile {
  /// The first decimal number in a file, or the first after a label; nil where there is none. Only the file's
  /// first 4 KiB are looked at.
  package static func number(in path: StaticString, after label: StaticString = "") -> Int? {
    KernelText.read(path) { $0.number(after: label) }
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
