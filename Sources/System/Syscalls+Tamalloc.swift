// SPDX-License-Identifier: MIT

// The part of the door to the operating system that leads to Tamalloc's own system calls; their
// description, which the kernel shares, is linux/tamalloc.h.

internal import CTamalloc
package import Pages

extension SystemCallFailure {
  /// The kernel was configured without the call, or without what was asked of it.
  package var isNotOnOffer: Bool { number == ENOSYS || number == EOPNOTSUPP }
}

extension Syscalls {
  /// Reserves memory whose untouched bytes read as `fill`.
  package static func reserve(
    size: ByteCount, alignment: ByteCount, fill: UInt8, traits: MappingTraits
  ) throws(SystemCallFailure) -> VirtualAddress {
    var options = tamalloc_options()
    options.size = UInt64(size.rawValue)
    options.alignment = UInt64(alignment.rawValue)
    options.fill = UInt64(fill)
    if !traits.isPageGranular { options.flags |= UInt64(TAMALLOC_HUGE_PAGES) }
    if traits.isAccounted { options.flags |= UInt64(TAMALLOC_ACCOUNT) }
    let isPlain = fill == 0 && options.flags == 0 && alignment <= pageSize.bytes
    let start =
      unsafe isPlain
      ? ctamalloc_reserve(size.rawValue)
      : ctamalloc_reserve_extended(&options, MemoryLayout<tamalloc_options>.size)
    guard let start = unsafe start else { throw .last(.tamalloc) }
    return unsafe VirtualAddress(start)
  }

  // Each call that takes a structure with its size refuses a size that is too small with EINVAL, and one that is
  // too large with E2BIG, before it looks at anything else. No other call answers these two questions so.

  /// Whether the kernel has the calls that reserve memory.
  static func askForReservations() -> Bool {
    guard unsafe ctamalloc_reserve_extended(nil, 0) == nil, ctamalloc_errno() == EINVAL,
      unsafe ctamalloc_reserve_extended(nil, Int.max) == nil
    else { return false }
    return ctamalloc_errno() == E2BIG
  }

  /// Whether the kernel has the calls that report statistics.
  static func askForStatistics() -> Bool {
    guard ctamalloc_total_statistics_sized(nil, 0) != 0, ctamalloc_errno() == EINVAL,
      ctamalloc_total_statistics_sized(nil, Int.max) != 0
    else { return false }
    return ctamalloc_errno() == E2BIG
  }
}
