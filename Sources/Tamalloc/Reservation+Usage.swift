// SPDX-License-Identifier: MIT

// How many pages have a frame of their own? The page tables know, and the kernel shows them in three
// ways, of which the first that works is taken:
//
//     ioctl PAGEMAP_SCAN    Linux 6.7   1–12 ns a page, and nothing for untouched gigabytes
//     /proc/self/pagemap    any         2–27 ns a page, untouched ones too
//     move_pages(2)         any         100 ns a page: only for pages that pagemap leaves in doubt
//
// A page counts as committed if it is present and neither the kernel's zero page nor a page of a
// file, which is what a tile is. pagemap marks file pages, but not the zero page; it does mark pages
// that nobody else maps, so that only those present, anonymous and not exclusive (the zero page, and
// what a fork shares) are in doubt, and those move_pages settles: it answers EFAULT for the zero page.
// (mincore would not do: it counts the zero page, and overlooks swap.)
//
// The descriptor of pagemap is opened for each question: one that a fork inherits tells of the parent.

internal import Pages

extension Reservation {
  /// What a range, widened to whole pages, holds now.
  ///
  /// - Precondition: the range is inside the reservation.
  func usage(of range: Range<ByteCount>) throws(AllocationError) -> MemoryUsage {
    let pageSize = Syscalls.pageSize
    let lower = pageSize.roundingDown(range.lowerBound)
    let upper = pageSize.roundingUp(range.upperBound) ?? size
    var usage = MemoryUsage(reserved: upper - lower, committed: 0)
    guard lower < upper else { return usage }
    do throws(SystemCallFailure) {
      let pagemap = try Syscalls.openForReading("/proc/self/pagemap")
      defer { Syscalls.close(pagemap) }
      try forEachRun(of: lower..<upper, pagemap: pagemap) { run in
        let length = run.range.upperBound - run.range.lowerBound
        if run.isSwapped { usage.swapped += length } else { usage.committed += length }
        return true
      }
    } catch {
      throw .usageUnavailable(errorNumber: error.number)
    }
    return usage
  }
}
