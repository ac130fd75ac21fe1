// SPDX-License-Identifier: MIT

/// The processes that a folder like /proc lists.
struct ProcFolder: ~Copyable {
  private let folder: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 1 << 15)

  init(folder: consuming Descriptor) {
    self.folder = folder
  }

  /// The numbers among the folder's names, in rising order.
  ///
  /// - Complexity: O(*n*) for /proc, which is in order; O(*n* log *n*) for other folders.
  mutating func processes() throws(KernelFailure) -> [ProcessIdentifier] {
    var list: [ProcessIdentifier] = []
    var isSorted = true
    Kernel.rewind(folder)
    while true {
      let length = try Kernel.readFolder(folder, into: &buffer)
      if length == 0 { break }
      let bytes = buffer.span
      // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name with a NUL.
      var entry = 0
      while entry + 19 <= length {
        let size = Int(bytes[entry + 16]) | Int(bytes[entry + 17]) << 8
        guard size > 19, entry + size <= length else { break }
        if let number = Self.number(in: bytes, from: entry + 19, to: entry + size) {
          isSorted = isSorted && (list.last?.rawValue ?? 0) < number
          list.append(ProcessIdentifier(number))
        }
        entry += size
      }
    }
    if !isSorted { list = Set(list).sorted() }
    return list
  }

  /// A name that is a positive number and nothing else.
  private static func number(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int32? {
    var value: Int32 = 0
    var index = start
    while index < end, bytes[index] != 0 {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit <= 9, index - start < 9 else { return nil }
      value = value * 10 + Int32(digit)
      index += 1
    }
    return value > 0 ? value : nil
  }
}
