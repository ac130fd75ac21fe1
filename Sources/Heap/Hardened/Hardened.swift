// SPDX-License-Identifier: MIT

// The hardened mode (TAMALLOC_HARDENED): what it costs is accepted, what a program does wrong is found.
// All threads share one heap under one lock, and no block goes the quick path.
//
//     ├── asked for ──┼── slack ──┼ canary ┼ size ┤      a block below 64 KiB
//     ├ guard page ┼── asked for ──┼── slack ┼ guard page ┤      a larger one (GuardedBlock)
//     ├ can't be accessed ┤      one of no bytes (EmptyBlocks)
//
// - Overflow: the canary says whether a block is live or freed, by a secret number and its address.
//   What lies between the bytes that were asked for and the canary must be as it was issued when it is
//   freed (BlockSeal); of a large block the pages around it can't be accessed at all.
// - Double free: a freed block's canary is another one.
// - Use after free: a freed block is cleared, and waits in *quarantine*; when it leaves it must still
//   be zero. A large one's memory goes back at once, its addresses wait (AddressQuarantine).
// - Guessing: which of some blocks of a class is next is drawn by lot.
// - Forging: links of free lists are encoded, and a page that can't be accessed stands behind each span
//   (see ThreadHeap+Hardened.swift).
// - A block that leaves a free list or the bag must be as it came: what was written to it while it was
//   free, its link included, is found before it is issued.
//
// `malloc_usable_size` tells the size that was asked for.

internal import Pages
internal import Synchronization
internal import System

@safe struct Hardened: ~Copyable {
  /// Guards all of this; not the heap's own, which may be taken meanwhile.
  let lock: HeapLock
  /// The one heap of all threads.
  var thread: ThreadHeapPointer?
  let seal: BlockSeal
  private var random: UInt
  /// Freed blocks, the oldest at `next`; 0 where none is yet.
  private let quarantine: UnsafeMutablePointer<UInt>
  private var next = 0
  /// For each class some blocks to choose from; 0 where there is none.
  private let bags: UnsafeMutablePointer<UInt>
  /// Blocks of no bytes.
  var empty: EmptyBlocks
  /// Freed large blocks.
  var addresses: AddressQuarantine

  private static let bag = 8
  private static let quarantined = 256
  /// Bytes that the blocks' addresses take.
  private static let listed = (quarantined + bag * SizeClass.count) * 8
  /// Bytes that all lists take.
  static let size = listed + EmptyBlocks.size + AddressQuarantine.size

  /// - Precondition: `size` zeroed bytes are there, and stay.
  init(seal: BlockSeal, start: UInt, fork: ForkWord) {
    lock = HeapLock(fork: fork)
    self.seal = seal
    random = seal.secret
    unsafe thread = nil
    // SAFETY: zeroed bytes are numbers.
    unsafe quarantine = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
    unsafe bags = quarantine + Self.quarantined
    empty = EmptyBlocks(start: start &+ UInt(Self.listed))
    addresses = AddressQuarantine(start: start &+ UInt(Self.listed &+ EmptyBlocks.size))
  }

  /// What an address turns out to be.
  enum Verdict {
    /// A live block's, of which so many bytes were asked for.
    case live(Int)
    case wrong(Misuse)
  }

  /// Whether a live block begins there, as nobody has written behind it.
  func verdict(_ block: UInt, _ span: SpanPointer, _ held: borrowing Held) -> Verdict {
    let size = unsafe UInt(span.pointee.blockSize)
    guard unsafe span.pointee.state != .vacant, unsafe block >= span.pointee.start, size > 0 else {
      return .wrong(.unknown)
    }
    let offset = unsafe (block &- span.pointee.start) % size
    if offset != 0 {
      let start = VirtualAddress(rawValue: block &- offset)
      return .wrong(.inside(start: start, length: ByteCount(Int(size))))
    }
    let trailer = block &+ size &- UInt(BlockSeal.trailer)
    let found = unsafe BlockMemory.word(trailer)
    if found == seal.canary(block, isLive: false) { return .wrong(.freed) }
    let asked = unsafe BlockMemory.word(trailer &+ 8) ^ seal.secret
    guard found == seal.canary(block, isLive: true), asked <= size &- UInt(BlockSeal.trailer),
      seal.isSlackWhole(block &+ asked, trailer)
    else { return .wrong(.overflown) }
    return .live(Int(asked))
  }

  // MARK: Blocks

  /// A block of a class, drawn from the class's bag.
  mutating func allocate(_ sizeClass: SizeClass, asked: Int, _ held: borrowing Held) -> UInt {
    guard let thread = unsafe thread else { return 0 }
    random ^= random &<< 13
    random ^= random &>> 7
    random ^= random &<< 17
    let slot = sizeClass.index &* Self.bag &+ Int(random &>> 32) & (Self.bag &- 1)
    let fresh = unsafe thread.allocate(sizeClass)
    if fresh == 0 { return 0 }
    var block = unsafe bags[slot]
    unsafe bags[slot] = fresh
    if block == 0 { block = unsafe thread.allocate(sizeClass) }
    if block == 0 { return 0 }
    guard BlockSeal.isZero(block, block &+ UInt(sizeClass.blockSize)) else {
      MisuseMessage.abort(function: "malloc", VirtualAddress(rawValue: block), .usedAfterFree)
    }
    let size = UInt(sizeClass.blockSize)
    seal.fillSlack(block &+ UInt(asked), block &+ size &- UInt(BlockSeal.trailer))
    seal.mark(block, size, asked: asked, isLive: true)
    return block
  }

  /// Puts a block into quarantine, and sets the oldest there free.
  mutating func release(_ block: UInt, function: StaticString, _ held: borrowing Held) {
    let span = unsafe SpanPointer(containing: block)
    let asked: Int
    switch unsafe verdict(block, span, held) {
    case .live(let size): asked = size
    case .wrong(let misuse):
      MisuseMessage.abort(function: function, VirtualAddress(rawValue: block), misuse)
    }
    let size = unsafe UInt(span.pointee.blockSize)
    let written = BlockSeal.patternEnd(
      block &+ UInt(asked), block &+ size &- UInt(BlockSeal.trailer))
    Syscalls.clearBytes(block, Int(written &- block))
    seal.mark(block, size, asked: 0, isLive: false)
    let oldest = unsafe quarantine[next]
    unsafe quarantine[next] = block
    next = (next &+ 1) & (Self.quarantined &- 1)
    if oldest == 0 { return }
    let owner = unsafe SpanPointer(containing: oldest)
    let end = unsafe oldest &+ UInt(owner.pointee.blockSize) &- UInt(BlockSeal.trailer)
    guard BlockSeal.isZero(oldest, end),
      unsafe BlockMemory.word(end) == seal.canary(oldest, isLive: false)
    else {
      MisuseMessage.abort(function: "free", VirtualAddress(rawValue: oldest), .usedAfterFree)
    }
    guard let thread = unsafe thread else { return }
    unsafe thread.releaseChecked(oldest, owner, held)
  }

  /// Hands on each rule that is broken.
  func findFaults(_ held: borrowing Held, _ report: Heap.Fault) {
    empty.findFaults(held, report)
    addresses.findFaults(held, report)
  }
}
