// SPDX-License-Identifier: MIT

// How those who free memory ask for a purge, of which they know nothing: it visits all of them.

/// What waits to be given back, and whether anybody will.
struct PurgeDemand: BitwiseCopyable {
  /// Bytes.
  let unused: Int
  /// The purge thread runs.
  let isServed: Bool
  /// It can't run.
  let isRefused: Bool

  /// Unused bytes from which on a thread is worth its price.
  static let worthwhile = 1 << 20
}

/// Called where enough is unused.
@safe struct PurgeHook {
  let body: (UnsafeMutablePointer<Heap>, PurgeDemand) -> Void
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Something has been freed: sees to it that what is unused goes back some time.
  ///
  /// - Precondition: the lock is not held.
  func expectPurge(_ demand: PurgeDemand) {
    if demand.unused < PurgeDemand.worthwhile { return }
    unsafe pointee.purgeHook.body(self, demand)
  }
}
