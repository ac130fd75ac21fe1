// SPDX-License-Identifier: MIT

// What happens when no zone would stay above its low mark.
//
//     wake kswapd ─▶ down to min, and below by the right to reserves ─▶ found
//                        │ no
//     may it sleep? ─no─▶ fails
//                        │ yes
//     reclaim ─▶ try again ─▶ …16 rounds without progress… ─▶ out of memory: end a process, go on
//                        │ nothing to end                              │
//                      fails                                  NOFAIL: half of the reserve, then wait
//
// Requests that fail early: those that may not sleep; those of tasks that free memory; `noRetry` after one
// round; orders above 3 after one round, as reclaim rarely makes such blocks.
//
// Invariant: each round frees something, ends something, lets time pass, or is the last, so a machine
// never hangs. Where Linux would hang, ``MachineError/deadlock(order:flags:)`` is thrown.
//
// Source: __alloc_pages_slowpath(), should_reclaim_retry() and __alloc_pages_may_oom() of
// mm/page_alloc.c, Linux 6.12.

extension Machine {
  /// Orders above it are given up early (PAGE_ALLOC_COSTLY_ORDER).
  static let costlyOrder = 3

  @inline(never)
  mutating func allocateSlowly(
    _ request: PageAllocator.Request
  ) throws(MachineError) -> PageFrameNumber {
    pages.events.slow += 1
    let flags = request.flags
    if flags.contains(.wakeKswapd) { reclaim.wake(for: request, &pages) }
    let depth = flags.reserveDepth(in: pages.context)
    if let frame = pages.takeAboveMin(request, depth) { return frame }
    guard flags.contains(.directReclaim), !pages.context.freesMemory else { throw failure(request) }
    var rounds = 0
    var idleRounds = 0
    while true {
      rounds += 1
      let freed = reclaimDirectly(request)
      if let frame = pages.takeAboveMin(request, flags.reserveDepth(in: pages.context)) {
        return frame
      }
      // Freed frames may sit in other processors' caches, and keep buddies from merging.
      if pages.drainPerCPUPages() > 0,
        let frame = pages.takeAboveMin(request, flags.reserveDepth(in: pages.context))
      {
        return frame
      }
      let mayGiveUp = !flags.contains(.noFail)
      if mayGiveUp, flags.contains(.noRetry) || request.order > Self.costlyOrder {
        throw failure(request)
      }
      idleRounds = freed > 0 && request.order <= Self.costlyOrder ? 0 : idleRounds + 1
      if idleRounds < Reclaim.mostRetries, rounds < 4 * Reclaim.mostRetries,
        pages.mayHelp(request, swapHasRoom: store.swapHasRoom)
      {
        if waitForWriteBack() { idleRounds = 0 }
        continue
      }
      // A victim of the killer does not have others killed.
      if !pages.context.isOutOfMemoryVictim, endSomething(request) {
        (rounds, idleRounds) = (0, 0)
        continue
      }
      guard flags.contains(.noFail) else { throw failure(request) }
      if let frame = pages.takeAboveMin(request, .half) { return frame }
      if !waitForWriteBack() {
        pages.events.failed += 1
        throw .deadlock(
          order: Order(unchecked: request.order), flags: request.flags)
      }
    }
  }

  private mutating func failure(_ request: PageAllocator.Request) -> MachineError {
    pages.events.failed += 1
    return .outOfMemory(order: Order(unchecked: request.order), flags: request.flags)
  }
}
