// SPDX-License-Identifier: GPL-2.0
//
// System call 555: the memory of one process, or of all that the caller may see.
//
//     query ──▶ one process ───────────────▶ one row, or ESRCH, EPERM
//           └─▶ cursor ─▶ next ─▶ next ─▶ … ▶ up to `count` rows, new cursor
//
// Terms.       The *cursor* is the lowest pid that the listing has not looked
//              at; 0 says "from the beginning" on the way in and "nothing
//              follows" on the way out.
// Invariants.  At each row: one process reference, no lock.  A row is zero before
//              it is filled, and has no padding.
// Promise.     A process that lives, and is visible, from a listing's first call
//              to its last is listed once.  Others are listed once or not.
// Faults.      A row that cannot be written ends the listing.  If rows came
//              before it they count, and the cursor names the process that did
//              not fit; the next call reports the fault.  So no row is lost.

/// The door from C; the prototype is in statistics.h.
@c @implementation
public func tamalloc_swift_process_statistics(
  _ query: UInt, _ querySize: UInt, _ entries: UInt, _ entrySize: UInt, _ count: UInt32
) -> Int {
  systemCallResult { () throws(KernelError) in
    let request = try ProcessStatisticsRequest(at: query, size: querySize)
    guard count != 0 else { throw .invalidArgument }
    let rows = try StatisticsDestination(
      address: entries, size: entrySize,
      firstVersion: TAMALLOC_PROCESS_STATISTICS_SIZE_VER0)
    if request.pid != 0 {
      return try reportProcess(request.pid, to: rows)
    }
    var listing = ProcessStatisticsListing(from: request.cursor, to: rows, limit: count)
    try listing.run()
    try request.storeCursor(listing.cursor)
    return listing.written
  }
}

/// What the caller asks, checked.
private struct ProcessStatisticsRequest {
  private let address: UInt
  /// One process, or 0 for a listing.  Not negative.
  let pid: Int32
  /// Where a listing goes on.  Not negative; 0 for one process.
  let cursor: Int32

  /// - Throws: `EFAULT`; `E2BIG` for a field that only a later kernel knows;
  ///   `EINVAL` for a flag, a reserved field or a negative number.
  @inline(__always)
  init(at address: UInt, size: UInt) throws(KernelError) {
    try StatisticsDestination.checkSize(size, firstVersion: TAMALLOC_PROCESS_QUERY_SIZE_VER0)
    var query = tamalloc_process_query()
    // SAFETY: C fills as many bytes as the structure has, whatever `size` says.
    try KernelError.check(unsafe tamalloc_statistics_copy_query(&query, address, size))
    guard query.flags == 0, query.reserved == 0, query.pid >= 0, query.cursor >= 0,
      query.pid == 0 || query.cursor == 0
    else { throw .invalidArgument }
    self.address = address
    pid = query.pid
    cursor = query.cursor
  }

  /// Tells the caller where to continue, and writes no other field.
  @inline(__always)
  func storeCursor(_ cursor: Int32) throws(KernelError) {
    let place = address &+ UInt(truncatingIfNeeded: KERNEL_QUERY_CURSOR)
    // SAFETY: 4 is the size of the cursor.
    try KernelError.check(
      unsafe withUnsafePointer(to: cursor) {
        unsafe tamalloc_statistics_copy_out(place, $0, 4)
      })
  }
}

/// One row for one process.
///
/// - Returns: 1.
@inline(__always)
private func reportProcess(
  _ pid: Int32, to row: StatisticsDestination
) throws(KernelError) -> Int {
  guard let process = StatisticsProcess.find(pid) else { throw .noSuchProcess }
  if !process.isReadable(audited: true) { throw .notPermitted }
  var statistics = tamalloc_process_statistics()  // all bytes zero
  statistics.fill(of: process, machinePages: tamalloc_statistics_oom_pages())
  try row.store(&statistics)
  return 1
}

/// A listing under way.
private struct ProcessStatisticsListing {
  private(set) var cursor: Int32
  private(set) var written = 0
  private var row: StatisticsDestination
  private let limit: Int
  /// Read once, so that all scores of a listing are of one scale.
  private let machinePages = tamalloc_statistics_oom_pages()
  /// Others may run after every sixteenth process: after some ten microseconds.
  private static var pauseMask: UInt32 { 15 }

  init(from cursor: Int32, to rows: StatisticsDestination, limit: UInt32) {
    self.cursor = max(cursor, 1)
    row = rows
    self.limit = Int(limit)
  }

  /// Writes rows until the room, the processes or the caller's life ends.
  ///
  /// - Throws: `EFAULT` if not even the first row could be written.
  @inline(__always)
  mutating func run() throws(KernelError) {
    var looked: UInt32 = 0
    while written < limit {
      var following = cursor
      guard let process = StatisticsProcess.next(from: &following) else {
        cursor = 0
        return
      }
      if process.isReadable(audited: false) {
        var statistics = tamalloc_process_statistics()  // all bytes zero
        statistics.fill(of: process, machinePages: machinePages)
        do throws(KernelError) {
          try row.store(&statistics)
        } catch {
          if written == 0 { throw error }
          cursor = process.pid
          return
        }
        row.advance()
        written &+= 1
      }
      cursor = following
      looked = looked &+ 1
      if looked & Self.pauseMask == 0, !tamalloc_statistics_pause() { return }
    }
  }
}
