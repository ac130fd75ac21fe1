// SPDX-License-Identifier: MIT

internal import Synchronization

/// A part of a value that has it used where it lies, and never loaded as a whole: what has an atomic in
/// it can't be. Without it Swift 6.3 checks each method's borrow of a machine by all of the machine's
/// hundreds of parts, and takes four minutes for this library instead of forty seconds.
struct StaysInPlace: ~Copyable {
  /// Never used.
  private let stays = Atomic<UInt8>(0)
}
