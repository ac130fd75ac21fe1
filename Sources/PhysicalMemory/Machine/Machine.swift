// SPDX-License-Identifier: MIT

// A machine: owners of RAM, of zones, and of what the kernel builds on them, each with its invariant.
//
//                       reclaim ── takes from ─┐
//                          │                   ▼
//      memory pools     processes ──▶ swap and page cache     slab caches     vmalloc
//                          └──────────────┬─────────────────────────┴──────────┘
//                                         ▼
//      page allocator     which zone; per-CPU pages; buddy system
//                                         │
//      physical frames    mem_map (64 bytes a frame), RAM (a memory file), windows
//
// An owner borrows those below it for the time of a call, and knows nothing of those above. None asks for
// frames that may have to be reclaimed: what lacks one says so, and the machine, which has them all,
// allocates it and hands it over. So nobody is called in the middle of his own work.
//
// It is one value and nobody shares it: whoever changes it has it alone, which stands for every lock
// that Linux takes. All of its time is its own ``MachineClock``, all chance comes from its seed: the same
// calls have the same results.

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
  /// Frames and zones: which frame a request gets.
  package var pages: PageAllocator
  /// Objects, and memory by bytes.
  var slabs: SlabAllocator
  /// Memory at consecutive addresses of the kernel.
  var areas: VirtualAreas
  /// Pages that can leave memory, and where they go.
  var store: SwapAndCache
  /// Processes and their page tables.
  var spaces: AddressSpaces
  /// Each node's reclaim thread, and how frames are taken back.
  var reclaim: Reclaim
  /// Reserves of elements.
  var pools = MemoryPools<MemoryPoolSource, MemoryPoolContinuation>()
  /// What others gave it.
  var hooks = MachineHooks()

  /// The machine's time.
  public internal(set) var clock = MachineClock()
  /// Random numbers that follow from the machine's seed alone.
  public var chance: Chance

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
    slabs = parts.slabs
    store = parts.store
    areas = VirtualAreas(pages.physical.plan)
    spaces = AddressSpaces(layout.architecture)
    reclaim = Reclaim(nodes: layout.nodeCount)
    chance = Chance(seed: layout.seed)
    slabs.createGeneralCaches(layout)
    pages.events = EventCounters()
  }

  /// Checks the whole machine, each owner for itself and against those that it is built on.
  ///
  /// - Returns: what does not hold, and where; nothing where all is well.
  /// - Complexity: O(frames that were ever handed out and those beside them).
  public func checkInvariants() -> [String] {
    pages.checkInvariants() + pages.physical.checkInvariants() + slabs.checkInvariants(pages)
      + areas.checkInvariants(pages) + store.checkInvariants(pages)
      + spaces.checkInvariants(pages, store) + reclaim.checkInvariants() + pools.checkInvariants()
  }
}

/// What a machine is made of and the host may refuse.
private struct Parts: ~Copyable {
  let pages: PageAllocator
  let slabs: SlabAllocator
  let store: SwapAndCache

  init(_ layout: MachineLayout) throws(AllocationError) {
    // First all that may fail, and then the properties: none is ever given up half made.
    let pages = try PageAllocator(layout)
    let store = try SwapAndCache(layout)
    let slabs = try SlabAllocator(layout: layout, plan: pages.physical.plan)
    self.pages = pages
    self.store = store
    self.slabs = slabs
  }
}
