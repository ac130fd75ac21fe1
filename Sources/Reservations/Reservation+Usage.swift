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
// The kernel calls a page swapped, too, where a marker stands in the page tables: a guard, or userfaultfd's
// write protection of a page that was never there. So what seems swapped is counted once more, where it is any:
// nothing is if the process has nothing in swap (VmSwap), a guard says that it is one, and no range has more
// than the process.
//
// The descriptor of pagemap is opened for each question: one that a fork inherits tells of the parent.

package import Pages
internal import System

extension Reservation {
  /// What a range, widened to whole pages, holds now.
  ///
  /// - Precondition: the range is inside the reservation.
  package func usage(of range: Range<ByteCount>) throws(AllocationError) -> MemoryUsage {
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
      if usage.swapped > 0 {
        usage.swapped = try swapped(from: start + lower, to: start + upper, pagemap: pagemap)
      }
    } catch {
      throw .usageUnavailable(errorNumber: error.number)
    }
    return usage
  }
  /// What of a range is in swap, and no marker.
  private func swapped(
    from first: VirtualAddress, to end: VirtualAddress, pagemap: Int32
  ) throws(SystemCallFailure) -> ByteCount {
    let status = KernelText.read("/proc/self/status") { $0.number(after: "\nVmSwap:") }
    let limit = status.map { ByteCount.kibibytes($0) } ?? size
    guard limit > 0 else { return 0 }
    let page = Syscalls.pageSize.bytes
    var swapped: ByteCount = 0
    var position = first
    while position < end {
      let count = try Syscalls.readPagemap(pagemap, from: position, to: end) { _, entry in
        if entry.isSwapped, !entry.isFilePage, !entry.isGuard { swapped += page }
      }
      position = position + count
    }
    return min(swapped, limit)
  }
}
