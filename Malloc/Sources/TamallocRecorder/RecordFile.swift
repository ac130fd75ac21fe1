// SPDX-License-Identifier: MIT

// The output file: the text of a trace, complete after every event.
//
//     │           1234⏎│REQUEST 0 17⏎│RESIZE 0 40⏎│FREE 0⏎│ … │ 0 0 0 0 … │
//       count of events  lines                                  room
//
// A window of the file is mapped, and lines are stored in place; the count in the first line, right-aligned
// in 15 columns, is incremented in place. So whatever ends the process, even SIGKILL, the file is a complete
// trace. Zeros after the last line are room for more; they are truncated when the process ends or, if it
// can't, by its starter.
//
// The file is not kept open: a program may close every descriptor and reuse its number. For the next
// window it is reopened by name, which must lead to the same file.
//
// Invariants: position is where the next line goes; it is in the piece that is mapped, with room for a
// line, or there is none.

internal import CRecorder

/// The file of one process.
@safe
struct RecordFile {
  private var piece: UnsafeMutablePointer<UInt8>?
  /// The header's page, mapped for as long as anything is recorded.
  private var header: UnsafeMutablePointer<UInt8>?
  private var pieceOffset = 0
  private var pieceEnd = 0
  private var length = 0
  private var position = 0
  private var device: UInt = 0
  private var node: UInt = 0

  private static var pieceSize: Int { 1 << 20 }
  private static var pageSize: Int { 1 << 16 }
  /// The longest line has 8 + 10 + 1 + 15 + 7 bytes.
  private static var longestLine: Int { 64 }
  private static var countWidth: Int { 15 }

  /// A file that is not there yet.
  init() {}

  /// Creates the file or empties it, and writes the first line; returns an error number, or 0.
  mutating func create(_ path: UnsafePointer<CChar>) -> Int32 {
    let descriptor = unsafe crecorder_create(path)
    guard descriptor >= 0 else { return crecorder_errno() }
    defer { crecorder_close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return crecorder_errno() }
    guard status.st_mode & 0o170000 == 0o100000 else { return EINVAL }
    device = UInt(status.st_dev)
    node = UInt(status.st_ino)
    length = 0
    position = 0
    let failure = mapPiece(descriptor)
    if failure != 0 { return failure }
    guard let page = unsafe crecorder_map_file(descriptor, Self.pageSize, 0) else {
      return crecorder_errno()
    }
    unsafe header = page.assumingMemoryBound(to: UInt8.self)
    for _ in 1..<Self.countWidth { add(UInt8(ascii: " ")) }
    add(UInt8(ascii: "0"))
    add(UInt8(ascii: "\n"))
    return 0
  }

  /// Makes sure that there is room for a line; returns an error number, or 0.
  mutating func makeRoom(_ path: UnsafePointer<CChar>) -> Int32 {
    if position + Self.longestLine <= pieceEnd { return 0 }
    let descriptor = unsafe crecorder_open(path)
    guard descriptor >= 0 else { return crecorder_errno() }
    defer { crecorder_close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return crecorder_errno() }
    guard UInt(status.st_dev) == device, UInt(status.st_ino) == node else { return ENOENT }
    return mapPiece(descriptor)
  }

  /// Maps the piece in which the position is, after the file has been made long enough for it.
  private mutating func mapPiece(_ descriptor: Int32) -> Int32 {
    unmapPiece()
    let offset = position & ~(Self.pageSize - 1)
    let end = offset + Self.pieceSize
    if end > length {
      let failure = crecorder_extend(descriptor, length, end - length)
      if failure != 0 { return failure }
      length = end
    }
    guard let start = unsafe crecorder_map_file(descriptor, Self.pieceSize, offset) else {
      return crecorder_errno()
    }
    unsafe piece = start.assumingMemoryBound(to: UInt8.self)
    pieceOffset = offset
    pieceEnd = end
    return 0
  }

  private mutating func unmapPiece() {
    if let piece = unsafe piece { unsafe _ = munmap(piece, Self.pieceSize) }
    unsafe piece = nil
    pieceEnd = 0
  }

  /// Cuts off the room. More may be recorded after it.
  mutating func trim(_ path: UnsafePointer<CChar>) {
    guard unsafe header != nil else { return }
    unmapPiece()
    let descriptor = unsafe crecorder_open(path)
    guard descriptor >= 0 else { return }
    defer { crecorder_close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, UInt(status.st_dev) == device,
      UInt(status.st_ino) == node
    else { return }
    if ftruncate(descriptor, position) == 0 { length = position }
  }

  /// Writes a line, and counts it.
  ///
  /// - Precondition: there is room.
  mutating func write(_ verb: StaticString, id: Int, size: Int?, isLarge: Bool) {
    add(verb)
    add(id)
    if let size {
      add(UInt8(ascii: " "))
      add(size)
    }
    if isLarge { add(" LARGE") }
    add(UInt8(ascii: "\n"))
    count()
  }

  /// Counts up the first line's number, digit by digit.
  private func count() {
    guard let header = unsafe header else { return }
    var place = Self.countWidth - 1
    while place >= 0 {
      // SAFETY: the place is within the header.
      let digit = unsafe header[place]
      if digit == UInt8(ascii: " ") {
        unsafe header[place] = UInt8(ascii: "1")
        return
      }
      if digit != UInt8(ascii: "9") {
        unsafe header[place] = digit &+ 1
        return
      }
      unsafe header[place] = UInt8(ascii: "0")
      place -= 1
    }
  }

  private mutating func add(_ byte: UInt8) {
    // SAFETY: lines are written where there is room for the longest.
    unsafe piece?[position - pieceOffset] = byte
    position += 1
  }

  private mutating func add(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      // SAFETY: the index is within the literal.
      add(unsafe text.utf8Start[index])
    }
  }

  private mutating func add(_ number: Int) {
    var digits = 1
    var power = 10
    while digits < 18, number >= power {
      digits += 1
      power *= 10
    }
    var rest = number
    var place = position - pieceOffset + digits
    position += digits
    repeat {
      place -= 1
      // SAFETY: lines are written where there is room for the longest.
      unsafe piece?[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }
}
