// SPDX-License-Identifier: MIT

// Commit and discard: the verbs that change the state of pages and leave the range as it is.

package import Pages
internal import System

extension Reservation {
  /// What is committed in one step: beyond it, somebody looks first whether there is so much memory.
  private static var step: ByteCount { .mebibytes(64) }

  /// Commits every page that the range touches; contents stay.
  ///
  /// The kernel kills a process, this one or another, rather than fail here. So what is much is asked for
  /// beforehand: it throws where the machine or a cgroup has not so much, and stops where others have taken it
  /// meanwhile. What was committed so far stays committed.
  ///
  /// - Precondition: the range is inside the reservation.
  package func prefault(_ range: Range<ByteCount>) throws(AllocationError) {
    let pageSize = Syscalls.pageSize
    var lower = pageSize.roundingDown(range.lowerBound)
    let upper = pageSize.roundingUp(range.upperBound) ?? size
    guard upper - lower > Self.step else { return try commit(lower..<upper) }
    let committed = (try? usage(of: lower..<upper))?.committed ?? 0
    var rest = upper - lower - committed
    while lower < upper {
      try AvailableMemory.require(rest)
      let next = min(lower + Self.step, upper)
      try commit(lower..<next)
      rest -= min(rest, next - lower)
      lower = next
    }
  }

  private func commit(_ range: Range<ByteCount>) throws(AllocationError) {
    let pageSize = Syscalls.pageSize
    let lower = range.lowerBound
    let upper = range.upperBound
    guard lower < upper else { return }
    do throws(SystemCallFailure) {
      try Syscalls.advise(start + lower, size: upper - lower, .populate)
    } catch {
      guard error.isInvalid else {
        throw error.isNoSpace
          ? .outOfMemory(upper - lower)
          : .systemCall(error.call, errorNumber: error.number)
      }
      // Before Linux 5.14 there is no such advice: touch each page.
      var offset = lower
      while offset < upper {
        Syscalls.touch(start + offset)
        offset += pageSize.bytes
      }
    }
  }

  /// Makes every byte of the range read as the fill again, and gives back the pages that lie wholly
  /// inside. At its two ends, bytes that share a page with others are overwritten where they differ
  /// from the fill, so that a page that nobody touched stays so.
  ///
  /// - Precondition: the range is inside the reservation.
  package func discard(_ range: Range<ByteCount>) throws(AllocationError) {
    let pageSize = Syscalls.pageSize
    let lower = pageSize.roundingUp(range.lowerBound) ?? range.upperBound
    // The last page may be discarded whole if the range reaches the end of the reservation.
    let upper = pageSize.roundingDown(range.upperBound)
    do throws(SystemCallFailure) {
      if lower > upper {
        try refill(range)
        return
      }
      if range.lowerBound < lower { try refill(range.lowerBound..<lower) }
      if upper < range.upperBound { try refill(upper..<range.upperBound) }
      guard lower < upper else { return }
      do throws(SystemCallFailure) {
        try Syscalls.advise(start + lower, size: upper - lower, .discard)
      } catch {
        // Pages that mlock holds want to be told twice.
        guard error.isInvalid else { throw error }
        try Syscalls.advise(start + lower, size: upper - lower, .discardLocked)
      }
    } catch {
      throw .systemCall(error.call, errorNumber: error.number)
    }
  }

  /// Writes the fill over the bytes of a range within one page, if any of them differ from it.
  private func refill(_ range: Range<ByteCount>) throws(SystemCallFailure) {
    let count = (range.upperBound - range.lowerBound).rawValue
    // SAFETY: the range lies inside the reservation, which is mapped.
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      start: (start + range.lowerBound).pointer, count: count)
    switch backing {
    case .anonymous(let fill):
      for index in bytes.indices where unsafe bytes[index] != fill { unsafe bytes[index] = fill }
    case .tiles(let tile, let layout):
      let source = try Syscalls.mapForReading(tile.descriptor, size: tile.length)
      defer { Syscalls.unmapOwn(source, size: tile.length) }
      let offset = range.lowerBound - layout.piece(at: range.lowerBound).lowerBound
      // SAFETY: a range within one page is within one piece, and no piece is longer than the tile.
      let fill = unsafe UnsafeRawBufferPointer(start: (source + offset).pointer, count: count)
      for index in bytes.indices where unsafe bytes[index] != fill[index] {
        unsafe bytes[index] = fill[index]
      }
    }
  }
}
