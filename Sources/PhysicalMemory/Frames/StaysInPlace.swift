// SPDX-License-Identifier: MIT

internal import Synchronization

/// Keeps the value that contains it from being loaded as a whole: a value with an atomic is always used in
/// place. Without it Swift 6.3 checks every borrow of a machine field by field, through hundreds of
/// fields, and this library takes four minutes to compile instead of forty seconds.
struct StaysInPlace: ~Copyable {
  /// Never accessed.
  private let stays = Atomic<UInt8>(0)
}
