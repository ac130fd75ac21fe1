// SPDX-License-Identifier: MIT

// The list of processes: the names of /proc that are numbers. The kernel lists them in rising order,
// and the position of a process in the folder is its number and a constant (fs/proc/base.c,
// TGID_OFFSET), so that a list may begin at any number. The constant is not promised to anybody: it is
// read off each whole list, from the position that each entry gives of the next one, and where it is
// none the list is always the whole.

/// The processes that a folder like /proc lists.
struct ProcFolder: ~Copyable {
  private let folder: Descriptor
  private let path: String
  private var buffer = [UInt8](repeating: 0, count: 1 << 15)
  /// A process's position less its number, if that is the same for all.
  private var distance: Int?

  init(folder: consuming Descriptor, path: String) {
    self.folder = folder
    self.path = path
  }

  /// The numbers among the folder's names, in rising order.
  ///
  /// - Complexity: O(*n*) for /proc, which is in order; O(*n* log *n*) for other folders.
  mutating func processes() throws(StatisticsError) -> [ProcessIdentifier] {
    Kernel.seek(folder, to: 0)
    distance = nil
    return try list(until: .max, isWhole: true)
  }

  /// The same from behind one number to another one, and perhaps some more; nil where the folder can't
  /// be entered in its midst, or has not been listed yet.
  ///
  /// - Complexity: O(*n*) for *n* processes between the two.
  mutating func processes(
    after first: ProcessIdentifier, upTo last: ProcessIdentifier
  ) throws(StatisticsError) -> [ProcessIdentifier]? {
    guard let distance else { return nil }
    Kernel.seek(folder, to: Int(first.rawValue) + 1 + distance)
    return try list(until: last.rawValue, isWhole: false)
  }

  private mutating func list(
    until last: Int32, isWhole: Bool
  ) throws(StatisticsError) -> [ProcessIdentifier] {
    var list: [ProcessIdentifier] = []
    var isSorted = true
    var distances: ClosedRange<Int>?
    // Where the entry before this one said that this one stands.
    var position: Int?
    while (list.last?.rawValue ?? 0) < last {
      let length = try read()
      if length == 0 { break }
      let bytes = buffer.span
      // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name with a NUL.
      var entry = 0
      while entry + 19 <= length {
        let size = Int(bytes.number(at: entry + 16, bytes: 2))
        guard size > 19, entry + size <= length else { break }
        if let number = Self.number(in: bytes, from: entry + 19, to: entry + size) {
          isSorted = isSorted && (list.last?.rawValue ?? 0) < number
          list.append(ProcessIdentifier(number))
          if let position {
            let distance = position &- Int(number)
            distances =
              min(
                distances?.lowerBound ?? distance, distance)...max(
                distances?.upperBound ?? distance, distance)
          }
        }
        position = Int(truncatingIfNeeded: bytes.number(at: entry + 8, bytes: 8))
        entry += size
      }
    }
    if isWhole, isSorted, let distances, distances.lowerBound == distances.upperBound {
      distance = distances.lowerBound
    }
    if !isSorted { list = Set(list).sorted() }
    return list
  }

  private mutating func read() throws(StatisticsError) -> Int {
    do throws(KernelFailure) {
      return try Kernel.readFolder(folder, into: &buffer)
    } catch {
      throw .unreadable(path: path, errorNumber: error.number)
    }
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

extension Span<UInt8> {
  /// A number of so many bytes, the lowest first, as all machines that this runs on have them.
  fileprivate func number(at start: Int, bytes count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(self[start + index]) }
    return value
  }
}
