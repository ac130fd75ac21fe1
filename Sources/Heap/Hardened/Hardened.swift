// SPDX-License-Identifier: MIT

// The hardened mode (TAMALLOC_HARDENED): what it costs is accepted, what a program does wrong is found.
// All threads share one heap under one lock, and no block goes the quick path.
//
//     ├── asked for ──┼── zero ──┼ canary ┼ size ┤      a block below 64 KiB
//     ├ guard page ┼── asked for ──┼── zero ┼ guard page ┤      a larger one
//
// - Overflow: the canary says whether a block is live or freed, by a secret number and its address.
//   What lies between the bytes that were asked for and the canary must still be zero when it is
//   freed; of a large block the pages around it can't be accessed at all.
// - Double free: a freed block's canary is another one.
// - Use after free: a freed block is cleared, and waits in *quarantine*; when it leaves it must still
//   be zero. A large one is unmapped at once.
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
  /// Not to be guessed.
  let secret: UInt
  /// What links are encoded with; 0 where this mode is off.
  let linkKey: UInt
  private var random: UInt
  /// Freed blocks, the oldest at `next`; 0 where none is yet.
  private let quarantine: UnsafeMutablePointer<UInt>
  private var next = 0
  /// For each class some blocks to choose from; 0 where there is none.
  private let bags: UnsafeMutablePointer<UInt>

  /// Guard pages that there are.
  private let guards = Atomic<Int>(0)
  /// Each parts a mapping in two, so that these are half of what Linux allows a process.
  private static let mostGuards = 16_000

  private static let bag = 8
  private static let quarantined = 256
  /// Bytes that the blocks' addresses take.
  static let size = (quarantined + bag * SizeClass.count) * 8
  /// What a block has behind the bytes that may be used: the canary, and the size that was asked for.
  static let trailer = 16

  /// - Precondition: `size` zeroed bytes are there, and stay.
  init(secret: UInt, start: UInt, fork: ForkWord) {
    lock = HeapLock(fork: fork)
    self.secret = secret | 1
    linkKey = secret == 0 ? 0 : (secret &* 0xD6E8_FEB8_6659_FD93) | 1
    random = secret | 1
    unsafe thread = nil
    // SAFETY: zeroed bytes are numbers.
    unsafe quarantine = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
    unsafe bags = quarantine + Self.quarantined
  }

  // MARK: Guards

  /// Counts some guard pages; returns false where there are to be no more.
  func takeGuards(_ count: Int) -> Bool {
    if guards.wrappingAdd(count, ordering: .relaxed).newValue <= Self.mostGuards { return true }
    giveGuardsBack(count)
    return false
  }

  func giveGuardsBack(_ count: Int) { guards.wrappingSubtract(count, ordering: .relaxed) }

  // MARK: Trailers

  /// The canary of a live block, or of a freed one.
  func canary(_ block: UInt, isLive: Bool) -> UInt {
    let mixed = (block ^ secret) &* 0x9E37_79B9_7F4A_7C15
    return isLive ? mixed : ~mixed
  }

  /// What an address turns out to be.
  enum Verdict {
    /// A live block's, of which so many bytes were asked for.
    case live(Int)
    case wrong(Misuse)
  }

  /// Whether a live block begins there, as nobody has written behind it. The lock is held.
  func verdict(_ block: UInt, _ span: SpanPointer) -> Verdict {
    let size = unsafe UInt(span.pointee.blockSize)
    guard unsafe span.pointee.state != .vacant, unsafe block >= span.pointee.start, size > 0 else {
      return .wrong(.unknown)
    }
    let offset = unsafe (block &- span.pointee.start) % size
    if offset != 0 {
      let start = VirtualAddress(rawValue: block &- offset)
      return .wrong(.inside(start: start, length: ByteCount(Int(size))))
    }
    let trailer = block &+ size &- UInt(Self.trailer)
    let found = unsafe BlockMemory.word(trailer)
    if found == canary(block, isLive: false) { return .wrong(.freed) }
    let asked = unsafe BlockMemory.word(trailer &+ 8) ^ secret
    guard found == canary(block, isLive: true), asked <= size &- UInt(Self.trailer),
      Self.isZero(block &+ asked, trailer)
    else { return .wrong(.overflown) }
    return .live(Int(asked))
  }

  /// Whether a block of a free list, but for its link, is as ``release(_:)`` left it.
  func isFree(_ block: UInt, end: UInt) -> Bool {
    unsafe Self.isZero(block &+ 8, end) && BlockMemory.word(end) == canary(block, isLive: false)
      && BlockMemory.word(end &+ 8) == secret
  }

  static func isZero(_ start: UInt, _ end: UInt) -> Bool {
    guard start < end else { return true }
    return Syscalls.isZero(start, Int(end &- start))
  }

  private func mark(_ block: UInt, _ size: UInt, asked: Int, isLive: Bool) {
    let trailer = block &+ size &- UInt(Self.trailer)
    unsafe BlockMemory.setWord(trailer, canary(block, isLive: isLive))
    unsafe BlockMemory.setWord(trailer &+ 8, UInt(asked) ^ secret)
  }

  // MARK: Blocks

  /// A block of a class, drawn from the class's bag. The lock is held.
  mutating func allocate(_ sizeClass: SizeClass, asked: Int) -> UInt {
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
    guard Self.isZero(block, block &+ UInt(sizeClass.blockSize)) else {
      MisuseMessage.abort(function: "malloc", VirtualAddress(rawValue: block), .usedAfterFree)
    }
    mark(block, UInt(sizeClass.blockSize), asked: asked, isLive: true)
    return block
  }

  /// Puts a block into quarantine, and sets the oldest there free. The lock is held.
  mutating func release(_ block: UInt, function: StaticString) {
    let span = unsafe SpanPointer(containing: block)
    let asked: Int
    switch unsafe verdict(block, span) {
    case .live(let size): asked = size
    case .wrong(let misuse):
      MisuseMessage.abort(function: function, VirtualAddress(rawValue: block), misuse)
    }
    let size = unsafe UInt(span.pointee.blockSize)
    Syscalls.clearBytes(block, asked)
    mark(block, size, asked: 0, isLive: false)
    let oldest = unsafe quarantine[next]
    unsafe quarantine[next] = block
    next = (next &+ 1) & (Self.quarantined &- 1)
    if oldest == 0 { return }
    let owner = unsafe SpanPointer(containing: oldest)
    let end = unsafe oldest &+ UInt(owner.pointee.blockSize) &- UInt(Self.trailer)
    guard Self.isZero(oldest, end),
      unsafe BlockMemory.word(end) == canary(oldest, isLive: false)
    else {
      MisuseMessage.abort(function: "free", VirtualAddress(rawValue: oldest), .usedAfterFree)
    }
    guard let thread = unsafe thread else { return }
    unsafe thread.releaseChecked(oldest, owner)
  }
}
