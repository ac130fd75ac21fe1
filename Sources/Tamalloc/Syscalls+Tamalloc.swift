// SPDX-License-Identifier: MIT

// The part of the door to the operating system that leads to Tamalloc's own system calls; their
// description, which the kernel shares, is linux/tamalloc.h.

internal import CTamalloc
internal import Pages

extension SystemCallFailure {
  /// The kernel was configured without the call, or without what was asked of it.
  var isNotOnOffer: Bool { number == ENOSYS || number == EOPNOTSUPP }
}

extension Syscalls {
  /// Whether the running kernel is one of ours.
  static var hasTamalloc: Bool {
    withRelease { release in
      let suffix: StaticString = "-tamalloc"
      let length = suffix.utf8CodeUnitCount
      guard release.byteCount >= length else { return false }
      let tail = release.extracting(last: length)
      // SAFETY: the literal has `length` bytes.
      return (0..<length).allSatisfy { index in
        unsafe tail.unsafeLoad(fromByteOffset: index, as: UInt8.self) == suffix.utf8Start[index]
      }
    }
  }

  /// Reserves memory whose untouched bytes read as `fill`.
  static func reserve(
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
}
