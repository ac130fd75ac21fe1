// SPDX-License-Identifier: MIT

/// The beginning of a file of the kernel's, as bytes: 4 KiB of it, without taking memory.
@safe package struct KernelText {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  package let count: Int

  package subscript(index: Int) -> UInt8 { unsafe bytes[index] }

  /// Reads a file and looks at it; nil where it can't be read.
  package static func read<Result>(_ path: StaticString, _ look: (KernelText) -> Result?) -> Result?
  {
    // SAFETY: a literal lives as long as the program, and ends in NUL.
    let text = unsafe UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self)
    return unsafe read(at: text, look)
  }

  package static func read<Result>(
    at path: UnsafePointer<CChar>, _ look: (KernelText) -> Result?
  ) -> Result? {
    unsafe withStackBuffer(InlineArray<4096, UInt8>(repeating: 0)) { buffer in
      let room = UnsafeMutableRawBufferPointer(buffer)
      guard let count = try? unsafe Syscalls.readFile(at: path, into: room) else { return nil }
      return unsafe look(KernelText(bytes: buffer, count: count))
    }
  }

  /// The first decimal number, or the first after a label.
  package func number(after label: StaticString = "") -> Int? {
    guard var index = position(after: label) else { return nil }
    var value: Int?
    while index < count {
      let byte = self[index]
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        let (tens, isTooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, isLarger) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
        value = isTooLarge || isLarger ? Int.max : sum
      } else if value != nil {
        break
      }
      index += 1
    }
    return value
  }

  /// Where the first occurrence of a label ends.
  package func position(after label: StaticString) -> Int? {
    let length = label.utf8CodeUnitCount
    var index = 0
    while index + length <= count {
      // SAFETY: both sides were checked to have `length` bytes.
      let isHere = (0..<length).allSatisfy { unsafe self[index + $0] == label.utf8Start[$0] }
      if isHere { return index + length }
      index += 1
    }
    return nil
  }
}
