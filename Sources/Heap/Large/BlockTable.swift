// SPDX-License-Identifier: MIT

// Which block begins at an address? C hands back nothing but the address; this table knows the rest.
// It lies in memory of its own, for a record inside the block would commit the block's first page.
//
// Terms. A *generation* is an array of slots; a *slot* holds one block and its *mark*, a word that
// tells whose it is; a *bucket* is a row of eight slots, whose marks are one cache line. An
// address has one bucket, its *home*, in each generation:
//
//     generation 0    8 buckets     ▢▢▢▣▢▢▢▢         each is mapped when the homes in all before it
//     generation 1    64 buckets    ▢▢▢▢▢▢▢▢▣▢▢…     are full, lazily, and never moves or goes
//     generation g    8^(g+1)
//
// A slot's states, as its mark says (A is an address of a page, so its low bits are free):
//
//                 insert                 publish
//     vacant 0 ───────────▶ busy A|1 ─────────────▶ live A
//                  ▲           │  ▲                   │
//                  │    vacate │  └───────────────────┘ claim
//                  │           ▼
//                  └────── freed A|2    (vacant too; it remembers whom it held, for reports)
//
// Only who made a slot busy writes its block. Whoever finds the mark live reads the block; and who does not have
// the block, but looks at all of them, sees by its version whether it was written meanwhile, for the mark may be
// the same again: after a resize in place, or with another block at the address.
//
// Locks: none. Each arrow is one atomic instruction on the mark, and the addresses of generations
// are set once. So no fork can find anything locked: at worst a slot stays busy in the child whose
// thread is not there any more, and with it a block that this thread alone had in hand.
//
// Invariants: a live slot's block begins at its mark. An address is live in one slot at most. It is
// in its home in some generation, except strays: a block that moved must stay in the table even
// where no slot is left in its new home and none can be mapped, so it keeps the slot that it had,
// and while there are strays a search that finds nothing goes through all slots.

internal import Pages
internal import Synchronization
internal import System

struct BlockTable: ~Copyable, Sendable {
  /// A slot's position.
  struct Slot: Equatable {
    let generation: Int
    let index: Int
  }

  /// 8 + 64 + … + 8^8 buckets: 150 million blocks, more than fit into 47 bits of address space
  /// beside what they are recorded in.
  static let maximumGenerations = 8

  /// Slots in a bucket: as many marks as fit into a cache line of 64 bytes.
  static let bucketSize = 8

  /// Where each generation lies, in the order of their mapping; 0 where it is not mapped.
  let generations: InlineArray<8, Atomic<UInt>>

  /// How many live blocks are not in their home.
  private let strays = Atomic<Int>(0)

  /// How many generations there may be.
  private let limit: Int

  init(limit: Int = maximumGenerations) {
    generations = InlineArray { _ in Atomic(0) }
    self.limit = limit
  }

  deinit {
    for generation in 0..<limit {
      let start = generations[generation].load(ordering: .relaxed)
      if start != 0 {
        Syscalls.unmapOwn(
          VirtualAddress(rawValue: start), size: Self.size(ofGeneration: generation))
      }
    }
  }

  // MARK: Verbs

  /// Records a block.
  ///
  /// - Complexity: O(1)
  func insert(_ block: BlockRecord) throws(AllocationError) {
    for generation in 0..<limit {
      let memory = try mapped(generation)
      for index in Self.home(of: block.start, in: generation) {
        let mark = unsafe memory.mark(index)
        let old = unsafe mark.pointee.load(ordering: .relaxed)
        guard Mark.isVacant(old) else { continue }
        let busy = Mark.busy(block.start)
        if unsafe mark.pointee.compareExchange(
          expected: old, desired: busy, ordering: .acquiring
        ).exchanged {
          publish(block, in: Slot(generation: generation, index: index))
          return
        }
      }
    }
    throw .outOfMemory(Self.size(ofGeneration: limit))
  }

  /// The block that begins at an address, as a copy.
  ///
  /// - Complexity: O(1)
  func block(at address: VirtualAddress) -> BlockRecord? {
    guard let slot = find(address), let memory = memory(slot.generation) else { return nil }
    let place = unsafe memory.place(slot.index)
    while true {
      let before = unsafe place.pointee.version.load(ordering: .acquiring)
      let block = unsafe place.pointee.block
      atomicMemoryFence(ordering: .acquiring)
      let after = unsafe place.pointee.version.load(ordering: .relaxed)
      // If the mark has changed, another thread has freed or moved what this one was asked about.
      let mark = unsafe memory.mark(slot.index).pointee.load(ordering: .acquiring)
      if mark != address.rawValue { return nil }
      if before == after, before & 1 == 0 { return block }
    }
  }

  /// Makes the block that begins at an address the caller's alone, until it is published or vacated.
  ///
  /// - Complexity: O(1)
  func claim(_ address: VirtualAddress) -> (slot: Slot, block: BlockRecord)? {
    guard let slot = find(address), let memory = memory(slot.generation) else { return nil }
    let isMine = unsafe memory.mark(slot.index).pointee.compareExchange(
      expected: address.rawValue, desired: Mark.busy(address), ordering: .acquiring
    ).exchanged
    return isMine ? unsafe (slot, memory.place(slot.index).pointee.block) : nil
  }

  /// Makes a slot that the caller claimed live again, with a block that begins where it did.
  func publish(_ block: BlockRecord, in slot: Slot) {
    guard let memory = memory(slot.generation) else { return }
    let place = unsafe memory.place(slot.index)
    let version = unsafe place.pointee.version.load(ordering: .relaxed)
    unsafe place.pointee.version.store(version &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
    unsafe place.pointee.block = block
    unsafe place.pointee.version.store(version &+ 2, ordering: .releasing)
    unsafe memory.mark(slot.index).pointee.store(block.start.rawValue, ordering: .releasing)
  }

  /// Gives up a slot that the caller claimed for the block at `address`.
  func vacate(_ slot: Slot, of address: VirtualAddress) {
    guard let memory = memory(slot.generation) else { return }
    unsafe memory.mark(slot.index).pointee.store(Mark.freed(address), ordering: .releasing)
    if !Self.isHome(slot, of: address) { strays.subtract(1, ordering: .relaxed) }
  }

  /// Ends a claim on the block that began at `address` and has moved. It can't fail.
  func publish(_ block: BlockRecord, movedFrom address: VirtualAddress, in slot: Slot) {
    do throws(AllocationError) {
      try insert(block)
      vacate(slot, of: address)
    } catch {
      let wasStray = !Self.isHome(slot, of: address)
      let isStray = !Self.isHome(slot, of: block.start)
      let change = (isStray ? 1 : 0) &- (wasStray ? 1 : 0)
      if change != 0 { strays.add(change, ordering: .sequentiallyConsistent) }
      publish(block, in: slot)
    }
  }

  // MARK: Search

  /// The slot in which an address is live.
  private func find(_ address: VirtualAddress) -> Slot? {
    guard Mark.canBeLive(address) else { return nil }
    for generation in 0..<limit {
      guard let memory = memory(generation) else { break }
      for index in Self.home(of: address, in: generation)
      where unsafe memory.mark(index).pointee.load(ordering: .acquiring) == address.rawValue {
        return Slot(generation: generation, index: index)
      }
    }
    if strays.load(ordering: .sequentiallyConsistent) == 0 { return nil }
    return first { mark, _ in mark == address.rawValue }
  }

  /// The first slot whose mark fits, among all there are.
  ///
  /// - Complexity: O(slots)
  func first(where isWanted: (UInt, Slot) -> Bool) -> Slot? {
    for generation in 0..<limit {
      guard let memory = memory(generation) else { break }
      for index in 0..<Self.capacity(of: generation) {
        let slot = Slot(generation: generation, index: index)
        let mark = unsafe memory.mark(index).pointee.load(ordering: .acquiring)
        if isWanted(mark, slot) { return slot }
      }
    }
    return nil
  }

  // MARK: Invariants

  /// Whether the invariants at the top of this file hold.
  ///
  /// - Precondition: no other thread uses the table meanwhile.
  func checkInvariants() -> Bool {
    var found = 0
    let wrong = first { mark, slot in
      guard let address = Mark.live(mark), let memory = memory(slot.generation) else {
        return false
      }
      if !Self.isHome(slot, of: address) { found += 1 }
      let block = unsafe memory.place(slot.index).pointee.block
      return block.start != address || !block.checkInvariants() || find(address) != slot
    }
    return wrong == nil && found == strays.load(ordering: .relaxed)
  }
}
