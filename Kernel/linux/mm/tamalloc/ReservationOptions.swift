// SPDX-License-Identifier: GPL-2.0

/// From the options of a caller, of which nothing is known, to a reservation.
///
/// Every field is looked at: an unknown flag is an error today, so that it can
/// get a meaning tomorrow.
extension Reservation {
  /// - Throws: `invalidArgument` for what has no meaning, `outOfMemory` for
  ///   what has no room in an address space, `unsupported` for a fill byte in
  ///   a kernel that is configured without.
  init(_ options: tamalloc_options) throws(KernelError) {
    guard options.flags & ~ReservationFlags.all == 0 else { throw .invalidArgument }
    guard let fill = UInt8(exactly: options.fill) else { throw .invalidArgument }

    self.init(size: try PageCount(holding: UInt(truncatingIfNeeded: options.size)))
    self.alignment = try Reservation.alignment(UInt(truncatingIfNeeded: options.alignment))
    self.allowsHugePages = options.flags & ReservationFlags.hugePages != 0
    self.isPrefaulted = options.flags & ReservationFlags.prefault != 0
    self.isAccounted = options.flags & ReservationFlags.account != 0
    self.fill = fill

    guard fill == 0 || KERNEL_HAS_FILL != 0 else { throw .unsupported }
  }

  /// The alignment in use for one that was asked for: no less than a page.
  private static func alignment(_ bytes: UInt) throws(KernelError) -> UInt {
    guard bytes & (bytes &- 1) == 0 else { throw .invalidArgument }
    return bytes < pageSize ? pageSize : bytes
  }
}

/// The bits of `tamalloc_options.flags`, as the ABI's header gives them.
enum ReservationFlags {
  static var hugePages: UInt64 { UInt64(TAMALLOC_HUGE_PAGES) }
  static var prefault: UInt64 { UInt64(TAMALLOC_PREFAULT) }
  static var account: UInt64 { UInt64(TAMALLOC_ACCOUNT) }
  static var all: UInt64 { hugePages | prefault | account }
}
