// SPDX-License-Identifier: MIT

// The list of processes: the names of /proc that are numbers. The kernel lists them in rising order,
// and the position of a process in the folder is its number and a constant (fs/proc/base.c,
// TGID_OFFSET), so that a list may begin at any number. The constant is not promised to anybody: it is
// read off each whole list, from the position that each entry gives of the next one, and where it is
// none the list is always the whole.

/// The processes that a folder like /proc lists.
struct ProcFolder: ~Copyable {
  /// The bytes of a part of the list: some fifteen processes, or one name of any length.
  private static let partLength = 512

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
    restart()
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

  /// Has ``nextPart()`` begin with the first process.
  mutating func restart() {
    Kernel.seek(folder, to: 0)
  }

  /// The next few numbers in the folder's own order, or none at its end.
  mutating func nextPart() throws(StatisticsError) -> [ProcessIdentifier] {
    var part = Listing()
    while part.processes.isEmpty {
      let length = try read(upTo: Self.partLength)
      if length == 0 { break }
      part.take(buffer.span.extracting(0..<length))
    }
    return part.processes
  }

  private mutating func list(
    until last: Int32, isWhole: Bool
  ) throws(StatisticsError) -> [ProcessIdentifier] {
    var listing = Listing()
    while (listing.processes.last?.rawValue ?? 0) < last {
      let length = try read(upTo: buffer.count)
      if length == 0 { break }
      listing.take(buffer.span.extracting(0..<length))
    }
    if isWhole, listing.isSorted, let distances = listing.distances,
      distances.lowerBound == distances.upperBound
    {
      distance = distances.lowerBound
    }
    return listing.isSorted ? listing.processes : Set(listing.processes).sorted()
  }

  private mutating func read(upTo length: Int) throws(StatisticsError) -> Int {
    do throws(KernelFailure) {
      return try Kernel.readFolder(folder, upTo: length, into: &buffer)
    } catch {
      throw .unreadable(path: path, errorNumber: error.number)
    }
  }
}

/// What a folder's entries have said so far.
private struct Listing {
  var processes: [ProcessIdentifier] = []
  var isSorted = true
  /// The least and the largest of the processes' positions less their numbers.
  var distances: ClosedRange<Int>?
  /// Where the last entry said that the next one stands.
  private var position: Int?

  /// Takes entries, each a struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name with
  /// a NUL.
  mutating func take(_ bytes: Span<UInt8>) {
    var entry = 0
    while entry + 19 <= bytes.count {
      let size = Int(bytes.number(at: entry + 16, bytes: 2))
      guard size > 19, entry + size <= bytes.count else { break }
      if let number = Self.number(in: bytes, from: entry + 19, to: entry + size) {
        isSorted = isSorted && (processes.last?.rawValue ?? 0) < number
        processes.append(ProcessIdentifier(number))
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
