// SPDX-License-Identifier: MIT

// How those who free memory ask for a purge, of which they know nothing: it visits all of them.

internal import Synchronization

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

@safe struct PurgeHook {
  /// Called where enough is unused.
  let body: (UnsafeMutablePointer<Heap>, PurgeDemand) -> Void
  /// Called where enough was taken fresh: Heap+Balance.swift.
  let whenFresh: (UnsafeMutablePointer<Heap>) -> Void
}

extension UnsafeMutablePointer where Pointee == Heap {
  /// Something has been freed: sees to it that what is unused goes back some time.
  ///
  /// - Precondition: the lock is not held.
  func expectPurge(_ demand: PurgeDemand) {
    if demand.unused < PurgeDemand.worthwhile { return }
    unsafe pointee.purgeHook.body(self, demand)
  }

  /// Much memory was taken fresh: gives dirty memory back for it, if there is.
  ///
  /// - Precondition: the lock is not held.
  @inline(never)
  func balanceSoon() { unsafe pointee.purgeHook.whenFresh(self) }

  /// All blocks of a span were freed by others: sees to it that its memory goes back some time.
  @inline(never)
  func expectReturned() {
    // An estimate: two at the same time may count as one.
    let count = unsafe pointee.returnedSpans.load(ordering: .relaxed) &+ 1
    unsafe pointee.returnedSpans.store(count, ordering: .relaxed)
    let unused = count &* HeapSpan.slotSize
    if unused < PurgeDemand.worthwhile { return }
    let now = unsafe guarded.withLock { shared, _ in shared.purgeDemand }
    unsafe expectPurge(
      PurgeDemand(
        unused: max(now.unused, unused), isServed: now.isServed, isRefused: now.isRefused))
  }
}
