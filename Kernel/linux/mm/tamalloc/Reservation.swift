// SPDX-License-Identifier: GPL-2.0

/// Memory to reserve: what a caller may choose, checked.
///
/// Terms. *Reserved* is address space; *committed* is what has page frames of
/// its own behind it. A reservation commits nothing by itself: each page is
/// committed by the first write to it, and in a filled reservation by the first
/// access of either kind.
///
/// So that the first touch of a byte commits a page and not 512 of them, a
/// reservation refuses transparent huge pages unless `allowsHugePages` is set,
/// whatever the setting of the system. What the caller decided elsewhere stays
/// in force: `RLIMIT_AS` and the strict mode of overcommit limit reservations,
/// and `mlockall(MCL_FUTURE)` commits them at once, as for `mmap`.
struct Reservation {
  var size: PageCount
  var alignment: UInt = pageSize
  var allowsHugePages = false
  var isPrefaulted = false
  var isAccounted = false
  var fill: UInt8 = 0

  init(size: PageCount) {
    self.size = size
  }

  /// Makes the mapping in the address space of the caller.
  ///
  /// - Returns: The address, or the negative error number of `mmap`; the one
  ///   for "cannot lock that much" aside, that is `ENOMEM`.
  func map() -> Int {
    var mapping = tamalloc_mapping()
    mapping.length = size.bytes
    mapping.alignment = alignment
    mapping.map_flags = isAccounted ? 0 : UInt(truncatingIfNeeded: KERNEL_MAP_NORESERVE)
    mapping.vm_flags = allowsHugePages ? 0 : UInt(truncatingIfNeeded: KERNEL_VM_NOHUGEPAGE)
    mapping.fill = fill
    mapping.prefault = isPrefaulted
    return unsafe tamalloc_map(&mapping)
  }
}
