// SPDX-License-Identifier: MIT

internal import Pages
internal import Reservations

/// What C's functions know of a piece of memory that they gave away: what a ``LazyMemory`` is to
/// Swift, without the ownership, which C has no word for.
///
/// Invariant: 1 ≤ length ≤ reservation.size. They differ by less than a page, but where a block of
/// malloc's has room to grow.
struct BlockRecord: BitwiseCopyable {
  /// The memory, in whole pages.
  var reservation: Reservation
  /// The bytes that were asked for.
  var length: ByteCount
  /// A page before it and one behind it can't be accessed, and are the block's, too.
  var isGuarded = false

  /// Where it begins; this is what C holds.
  var start: VirtualAddress { reservation.start }

  /// Whether the invariants hold.
  func checkInvariants() -> Bool {
    reservation.checkInvariants() && length >= 1 && length <= reservation.size
  }
}
