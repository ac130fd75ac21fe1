// SPDX-License-Identifier: MIT

// A machine: RAM, the records of its frames, zones and nodes, and whatever the kernel builds on them.
//
//      processes · memory pools · kmalloc, slab caches · vmalloc
//                             │
//      zone allocator ── reclaim, kswapd ── page cache, swap
//                             │
//      per-CPU pages ── buddy system of each zone
//                             │
//      mem_map (64 bytes a frame) ── RAM (a memory file)
//
// It is one value and nobody shares it: whoever changes it has it alone, which stands for every lock
// that Linux takes. All of its time is its own ``Clock``, all chance comes from its seed: the same calls
// have the same results.

internal import Pages

/// A model of a computer's physical memory, and of the part of Linux that hands it out.
///
/// ```swift
/// var machine = try Machine(.x86_64(ram: .gibibytes(64), nodes: 2, cpus: 4))
/// let frame = try machine.allocatePages(order: 3, flags: .kernel)
/// try machine.freePages(frame, order: 3)
/// ```
///
/// Its RAM is real memory, committed by the host when it is written; records are, too.
public struct Machine: ~Copyable {
  /// The owner of frames and zones: which frame a request gets.
  package var pages: PageAllocator
  /// Frames that were promised to processes (Committed_AS).
  public package(set) var committedFrames = 0

  var reclaim: ReclaimState
  var slabs: SlabAllocator
  var virtualAreas = VirtualAreas()
  var pools = MemoryPools()
  var processes = ProcessTable()

  private let stays = StaysInPlace()

  /// Builds a machine.
  ///
  /// - Throws: ``MachineError`` for a plan that no machine can have, and where the host has no address
  ///   space for it.
  /// - Complexity: O(stretches of RAM + nodes² + nodes × processors), whatever the size of RAM.
  public init(_ layout: MachineLayout) throws(MachineError) {
    let layout = try layout.checked()
    let parts: Parts
    do throws(AllocationError) {
      parts = try Parts(layout)
    } catch {
      throw .host(error)
    }
    pages = parts.pages
    reclaim = parts.reclaim
    slabs = parts.slabs
    slabs.createGeneralCaches(layout)
    registerUpperHalf()
    pages.events = EventCounters()
  }

  /// Checks the whole machine, each owner for itself and what must hold between them.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  /// - Complexity: O(frames that were ever handed out and those beside them).
  public func checkInvariants() -> [String] {
    var broken = pages.checkInvariants()
    for node in 0..<nodeCount { checkReclaimLists(node, &broken) }
    broken += pages.physical.checkInvariants()
    checkSwap(&broken)
    checkPageCache(&broken)
    broken += slabs.checkInvariants(pages)
    checkVirtualAreas(&broken)
    checkMemoryPools(&broken)
    checkProcesses(&broken)
    return broken
  }
}

/// What a machine is made of and the host may refuse.
private struct Parts: ~Copyable {
  let pages: PageAllocator
  let reclaim: ReclaimState
  let slabs: SlabAllocator

  init(_ layout: MachineLayout) throws(AllocationError) {
    // First all that may fail, and then the properties: none is ever given up half made.
    let pages = try PageAllocator(layout)
    let reclaim = try ReclaimState(layout: layout)
    let slabs = try SlabAllocator(layout: layout, plan: pages.physical.plan)
    self.pages = pages
    self.reclaim = reclaim
    self.slabs = slabs
  }
}
