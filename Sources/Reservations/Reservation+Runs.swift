// SPDX-License-Identifier: MIT

// Which stretches of a range hold anything? A run is a stretch of neighbouring pages that all have page
// frames of their own, or all lie in swap. Who saves a sparse array writes its runs; who resets one
// clears them. Reservation+Usage.swift describes the ways to ask the kernel.
//
// What the kernel reports as swapped includes markers: entries of a page table that stand for no page
// (a guard region's, a poisoned page's). Nothing of ours makes them, but a program may. They can't be
// told apart before Linux 6.15, and so nobody may read or write a run that is reported as swapped on
// the ground that it is: a guard page would end the program.

package import Pages
internal import System

/// A run of pages that hold something, as offsets into a reservation.
struct CommittedRun: Equatable {
  let range: Range<ByteCount>
  let isSwapped: Bool
}

extension Reservation {
  /// Reports runs in ascending order until `body` returns false.
  ///
  /// Neighbouring runs of one kind may be reported one by one.
  ///
  /// - Precondition: the range is whole pages inside the reservation.
  func forEachRun(
    of range: Range<ByteCount>, pagemap: Int32, _ body: (CommittedRun) -> Bool
  ) throws(SystemCallFailure) {
    let question = PageScan(
      excludesFilePages: sharesFilePages, reportsHugePages: options.contains(.hugePages))
    let end = start + range.upperBound
    var position = start + range.lowerBound
    var goesOn = true
    do throws(SystemCallFailure) {
      // The kernel stops where the buffer for runs is full: then it is asked about the rest.
      while goesOn, position < end {
        let next = try Syscalls.scanPages(pagemap, from: position, to: end, question) { run in
          // The kernel may report where it ended too low (seen in 6.18): no page is reported twice.
          let first = max(run.start, position)
          guard goesOn, first < run.end else { return }
          position = run.end
          if run.isHuge, !run.isSwapped, Syscalls.queryPage(first) == .zeroPage { return }
          let offsets = (first - start)..<(run.end - start)
          goesOn = body(CommittedRun(range: offsets, isSwapped: run.isSwapped))
        }
        position = max(position, next)
      }
    } catch {
      guard error.isUnsupported else { throw error }
      try forEachPage(of: range, pagemap: pagemap, body)
    }
  }

  /// The way for kernels without the scan: page by page.
  func forEachPage(
    of range: Range<ByteCount>, pagemap: Int32, _ body: (CommittedRun) -> Bool
  ) throws(SystemCallFailure) {
    let page = Syscalls.pageSize.bytes
    var offset = range.lowerBound
    var goesOn = true
    while goesOn, offset < range.upperBound {
      offset += try Syscalls.readPagemap(
        pagemap, from: start + offset, to: start + range.upperBound
      ) { distance, entry in
        guard goesOn, !entry.isFilePage, entry.isSwapped || entry.isPresent else { return }
        let first = offset + distance
        if !entry.isSwapped, !entry.isExclusive, Syscalls.queryPage(start + first) == .zeroPage {
          return
        }
        goesOn = body(CommittedRun(range: first..<first + page, isSwapped: entry.isSwapped))
      }
    }
  }

  /// Reports the bytes of a range that hold anything, as the longest stretches there are, in ascending
  /// order, until `body` returns false.
  ///
  /// - Precondition: the range is inside the reservation.
  package func forEachCommittedRange(
    of range: Range<ByteCount>, _ body: (Range<ByteCount>) -> Bool
  ) throws(AllocationError) {
    let pageSize = Syscalls.pageSize
    let lower = pageSize.roundingDown(range.lowerBound)
    let upper = pageSize.roundingUp(range.upperBound) ?? size
    guard lower < upper, !range.isEmpty else { return }
    var last: Range<ByteCount>?
    var goesOn = true
    do throws(SystemCallFailure) {
      let pagemap = try Syscalls.openForReading("/proc/self/pagemap")
      defer { Syscalls.close(pagemap) }
      try forEachRun(of: lower..<upper, pagemap: pagemap) { run in
        let part = run.range.clamped(to: range)
        if let open = last, open.upperBound == part.lowerBound {
          last = open.lowerBound..<part.upperBound
          return true
        }
        if let open = last { goesOn = body(open) }
        last = part
        return goesOn
      }
    } catch {
      throw .usageUnavailable(errorNumber: error.number)
    }
    if goesOn, let last { _ = body(last) }
  }
}
