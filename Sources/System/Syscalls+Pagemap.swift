// SPDX-License-Identifier: MIT

// The part of the door to the operating system that tells the state of pages; see
// Documentation/admin-guide/mm/pagemap.rst in the kernel's sources for the formats.

internal import CTamalloc
package import Pages

/// What ``Syscalls/scanPages(_:from:to:_:report:)`` is to find: pages present or swapped, except the
/// zero page.
package struct PageScan {
  /// Leave out pages that belong to a file. It costs a look at each page's record.
  package var excludesFilePages: Bool
  /// Tell huge pages from others.
  package var reportsHugePages: Bool

  package init(excludesFilePages: Bool, reportsHugePages: Bool) {
    self.excludesFilePages = excludesFilePages
    self.reportsHugePages = reportsHugePages
  }
}

/// A run of pages that a scan found, all of one kind.
package struct PageRun {
  package let start: VirtualAddress
  package let end: VirtualAddress
  package let isSwapped: Bool
  package let isHuge: Bool
}

/// One word of /proc/self/pagemap.
package struct PagemapEntry {
  package let word: UInt64

  package var isPresent: Bool { word >> 63 & 1 != 0 }
  package var isSwapped: Bool { word >> 62 & 1 != 0 }
  package var isFilePage: Bool { word >> 61 & 1 != 0 }
  /// Mapped once only, by this process.
  package var isExclusive: Bool { word >> 56 & 1 != 0 }
  /// A guard (MADV_GUARD_INSTALL), which is no page at all. Linux tells it apart from 6.14 on.
  package var isGuard: Bool { word >> 58 & 1 != 0 }
}

extension SystemCallFailure {
  /// The kernel is older than PAGEMAP_SCAN.
  package var isUnsupported: Bool { number == ENOTTY || number == ENOSYS || number == EINVAL }
}

extension Syscalls {
  /// Reports runs of pages in ascending order, and returns where the kernel stopped.
  package static func scanPages(
    _ pagemap: Int32, from first: VirtualAddress, to end: VirtualAddress, _ question: PageScan,
    report: (PageRun) -> Void
  ) throws(SystemCallFailure) -> VirtualAddress {
    let swapped = UInt64(ctamalloc_page_is_swapped)
    let huge = UInt64(ctamalloc_page_is_huge)
    var scan = ctamalloc_page_scan()
    scan.size = UInt64(MemoryLayout<ctamalloc_page_scan>.size)
    scan.start = UInt64(first.rawValue)
    scan.end = UInt64(end.rawValue)
    scan.category_mask = UInt64(ctamalloc_page_is_zero)
    if question.excludesFilePages { scan.category_mask |= UInt64(ctamalloc_page_is_file) }
    scan.category_inverted = scan.category_mask
    scan.category_anyof_mask = UInt64(ctamalloc_page_is_present) | swapped
    scan.return_mask = swapped | (question.reportsHugePages ? huge : 0)
    // A return mask must not be empty of what is asked for: "present" makes every run reported.
    scan.return_mask |= UInt64(ctamalloc_page_is_present)
    var failure: SystemCallFailure?
    // Three kibibytes: more would be cleared for each scan, and stay committed on the stack.
    let room = InlineArray<128, ctamalloc_page_region>(repeating: ctamalloc_page_region())
    unsafe withStackBuffer(room) { regions in
      scan.regions = UInt64(UInt(bitPattern: regions.baseAddress))
      scan.region_count = UInt64(regions.count)
      let count = unsafe ctamalloc_scan_pages(pagemap, &scan)
      guard count >= 0 else {
        failure = .last(.ioctl)
        return
      }
      for index in 0..<count {
        // SAFETY: the kernel has filled in the first `count` regions.
        let region = unsafe regions[index]
        report(
          PageRun(
            start: VirtualAddress(rawValue: UInt(region.start)),
            end: VirtualAddress(rawValue: UInt(region.end)),
            isSwapped: region.categories & swapped != 0, isHuge: region.categories & huge != 0))
      }
    }
    if let failure { throw failure }
    return VirtualAddress(rawValue: UInt(scan.walk_end))
  }

  /// Hands on the entries of some pages from `first` on, with their distance from it; returns how far
  /// that went.
  package static func readPagemap(
    _ pagemap: Int32, from first: VirtualAddress, to end: VirtualAddress,
    report: (ByteCount, PagemapEntry) -> Void
  ) throws(SystemCallFailure) -> ByteCount {
    let page = pageSize.bytes.rawValue
    var failure: SystemCallFailure?
    var pages = 0
    // Two kibibytes: a thread's stack may have 16, and this is asked inside free.
    unsafe withStackBuffer(InlineArray<256, UInt64>(repeating: 0)) { words in
      let capacity = min(words.count, (end - first).rawValue / page)
      let offset = off_t(first.rawValue / UInt(page) * 8)
      let count = unsafe ctamalloc_read_at(pagemap, words.baseAddress, capacity * 8, offset)
      guard count >= 8 else {
        failure = count < 0 ? .last(.read) : SystemCallFailure(call: .read, number: EIO)
        return
      }
      pages = count / 8
      for index in 0..<pages {
        // SAFETY: the kernel has filled in the first `pages` words.
        report(ByteCount(index * page), PagemapEntry(word: unsafe words[index]))
      }
    }
    if let failure { throw failure }
    return ByteCount(pages * page)
  }

  /// What stands behind a page, as far as it matters here.
  package enum PageBacking {
    case zeroPage
    case other
  }

  /// Asks for one page. Where the kernel lacks the call (no NUMA support) the answer is `other`.
  package static func queryPage(_ address: VirtualAddress) -> PageBacking {
    var page = unsafe address.pointer
    var status: Int32 = 0
    let result = unsafe ctamalloc_query_pages(1, &page, &status)
    return result == 0 && status == -EFAULT ? .zeroPage : .other
  }
}
