// SPDX-License-Identifier: MIT

// Who has come since the last look, without listing all of /proc, which takes 0.4 to 1.5 µs a process.
// The kernel gives out pids in rising order, and begins anew at the top (kernel/pid.c, alloc_pid). The
// last one that it gave out is the last word of /proc/loadavg. So:
//
//   the cursor stands still     nobody has come
//   it has risen                those between its two places are listed
//   it has fallen               the order has begun anew: all are listed
//
// A pid is given out a moment before its process can be seen. So the list begins where the cursor was
// at the look before the last one, and a process may be named more than once. A pid that somebody chose
// by hand (clone3, as a restored checkpoint does) moves no cursor: now and then all are listed anyway.
//
// The cursor is that of the pid namespace of whoever reads; the folder may be that of another one. Then
// the line NSpid of /proc/self/status has more than one number, and all are listed at every look. So they
// are where another file is mounted over loadavg: lxcfs's ends in a pid of no use.

internal import Pages

/// Tells which processes may be new.
struct Newcomers: ~Copyable {
  private var folder: ProcFolder
  private let hasCursor: Bool
  /// The cursor at the last look and at the one before it.
  private var cursors: (last: ProcessIdentifier, before: ProcessIdentifier)?

  init(files: inout ProcFiles) throws(StatisticsError) {
    folder = try files.folder()
    hasCursor = files.isRunningKernel && Self.isOwnNamespace(&files.reader)
  }

  /// The processes that may have come since the last look, in rising order, old ones among them.
  ///
  /// - Parameter isWhole: whether all are to be listed in any case.
  mutating func list(
    _ files: inout ProcFiles, isWhole: Bool
  ) throws(StatisticsError) -> [ProcessIdentifier] {
    guard hasCursor, let cursor = Self.cursor(&files.reader) else { return try folder.processes() }
    defer { cursors = (cursor, cursors?.last ?? cursor) }
    guard let cursors, !isWhole, cursors.before <= cursors.last, cursors.last <= cursor else {
      return try folder.processes()
    }
    if cursors.before == cursor { return [] }
    if let some = try folder.processes(after: cursors.before, upTo: cursor) { return some }
    return try folder.processes()
  }

  /// The last pid that was given out.
  private static func cursor(_ reader: inout ProcReader) -> ProcessIdentifier? {
    do throws(KernelFailure) {
      guard try reader.readOwn("loadavg") else { return nil }
    } catch {
      return nil
    }
    let text = reader.bytes
    var start = text.count
    while start > 0, text[start - 1] != UInt8(ascii: " ") { start -= 1 }
    return text.decimal(from: start, to: text.count).flatMap(Int32.init(exactly:))
      .map(ProcessIdentifier.init(rawValue:))
  }

  /// Whether the folder shows the pid namespace that this process is in.
  private static func isOwnNamespace(_ reader: inout ProcReader) -> Bool {
    do throws(KernelFailure) {
      guard try reader.readOwn("self/status") else { return false }
    } catch {
      return false
    }
    let text = reader.bytes
    var start = 0
    while start < text.count {
      let end = text.endOfLine(from: start)
      if text.matches("NSpid:", at: start) {
        let words = text.text(from: start + 6, to: end).split { $0 == "\t" || $0 == " " }
        return words.count == 1
      }
      start = end + 1
    }
    return false
  }
}
