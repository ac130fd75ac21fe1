// SPDX-License-Identifier: MIT

internal import Pages

/// What C's functions know of a piece of memory that they gave away: what a ``LazyMemory`` is to
/// Swift, without the ownership, which C has no word for.
///
/// Invariant: 1 ≤ length ≤ reservation.size, and they differ by less than a page.
struct Block: BitwiseCopyable {
  /// The memory, in whole pages.
  var reservation: Reservation
  /// The bytes that were asked for.
  var length: ByteCount

  /// Where it begins; this is what C holds.
  var start: VirtualAddress { reservation.start }

  /// Whether the invariants hold.
  func checkInvariants() -> Bool {
    reservation.checkInvariants() && length >= 1 && length <= reservation.size
      && reservation.size - length < Syscalls.pageSize.bytes
  }
}
