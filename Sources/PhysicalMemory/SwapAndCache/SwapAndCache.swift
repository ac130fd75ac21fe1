// SPDX-License-Identifier: MIT

// The pages that can leave memory, and where they go:
//
//     anonymous pages ──▶ swap area      SwapArea.swift, AnonymousPages.swift
//     files' pages    ──▶ disk           PageCache.swift
//               both by a queue          WriteBack.swift
//               both in lists            ReclaimLists.swift: which go first
//
// The owner knows which page is in which frame and which list, and how a page leaves. When one has to is
// decided above (Reclaim/Reclaim.swift). It borrows the ``PageAllocator`` for the time of a call and gives
// frames back to it; frames for new pages are handed to it, as memory may have to be reclaimed for them,
// from this very owner.
//
// Invariants: those of its parts; see their files, and checkInvariants(_:).

internal import Pages

/// Swap, the page cache, writes under way, and the lists of what reclaim may take.
struct SwapAndCache: ~Copyable {
  var swap: SwapArea
  var cache = PageCache()
  var writes = WriteBackQueue()
  let lists: RecordTable<ReclaimLists>
  private let listMemory: RecordMemory<ReclaimLists>
  private let stays = StaysInPlace()

  init(_ layout: MachineLayout) throws(AllocationError) {
    let swap = try SwapArea(size: layout.swap)
    let listMemory = try RecordMemory<ReclaimLists>(count: layout.nodeCount)
    self.swap = swap
    lists = RecordTable(listMemory)
    self.listMemory = listMemory
  }

  /// Whether an anonymous page could get a slot.
  var swapHasRoom: Bool { swap.freeSlots > 0 }
}
