// SPDX-License-Identifier: MIT

// A span is a run of slots whose blocks all have one size. Its record stands in the header of its
// segment, not in the span: nothing of a span is touched before its blocks are.
//
//     start                 bump                          freshStart      limit
//       │ issued before       │ never issued, maybe dirty       │ zero       │
//       ▼                     ▼                                 ▼            ▼
//       ├─────┬─────┬─────┬───┼─────────────────────────────────┼────────────┤
//       │live │free │live │…  │                                 │            │
//       └─────┴──┬──┴─────┴───┴─────────────────────────────────┴────────────┘
//                └──▶ next free block (a list through the first word of each)
//
// Where zeroness is known: a block on the free list is dirty, and is cleared when it is issued again.
// A block from `bump` on was never issued by this span: it is zero from `freshStart` on, and below
// that as far as its slot's `dirty` says, for the slot may have served another span before.
//
// States, and the functions of this file that lead from one to the next; nothing else writes them:
//
//                  begin               becomeFull            becomeAvailable
//     vacant slots ───────▶ current ─────────────▶ full ────────────────────▶ available
//          ▲                   │ ▲                                              ▲ │   │
//          │                   │ └───────────────── becomeCurrent ──────────────│─┘   │
//          │                   └─────────────────────── retire ─────────────────┘     │
//          └────────────────────────────────── becomeVacant ──────────────────────────┘
//
// A medium block's span is vacant, `medium` by becomeMedium, and vacant again.
//
// The owner, a ``ThreadHeap``, alone changes a span but for `remote`, the atomic list of blocks that
// other threads freed. Its lowest bit, *tell*, asks who pushes next to put the span on the owner's
// pending list: the owner does not look at full spans by itself.
//
// `countdown` makes the quick path of freeing one subtraction: it is the number of frees after which
// there is something to do. Of a current span it is live + `never`, of an available one live, of a
// full one 1.
//
// Invariants (``Heap/findFaults(isQuiet:_:)`` checks them): start ≤ bump ≤ limit. Live blocks and free ones are
// the issued ones; what others freed is live until it is collected. A full span has no free block, and is armed
// or awaits notice.

internal import Synchronization

/// What a slot's record stands for.
enum SpanState: UInt8, AtomicRepresentable {
  /// A slot that nobody has, or the inner slot of a span.
  case vacant
  case current
  case available
  case full
  /// One block of more than 64 KiB, owned by no thread.
  case medium
}

@safe struct HeapSpan: ~Copyable {
  // The owner's cache line. Other threads do not touch it when they free.

  /// The address of the first free block, or 0.
  fileprivate(set) var free: UInt
  /// Frees until there is something to do.
  fileprivate(set) var countdown: Int
  /// The first block that was never issued.
  var bump: UInt
  /// Where all behind is zero.
  var freshStart: UInt
  /// The end of the last block.
  var limit: UInt
  var next: SpanPointer?
  var previous: SpanPointer?
  /// The same as `blockSize`, for the owner.
  var step: UInt

  // The cache line of those who free. The owner does not touch it when it issues blocks.

  private let ownerWord: Atomic<UInt>
  /// The first block's address.
  var start: UInt
  /// Bytes in a block: of a medium span, what can be used of it.
  var blockSize: UInt32
  /// The distance in bytes back to the record of the span's first slot.
  var back: UInt32
  /// What other threads freed: the address of the first block, how many there are, and two bits. See ``Remote``.
  let remote: Atomic<UInt>
  /// The next one on the owner's pending list.
  var nextPending: UInt
  /// Bytes from the slot's beginning that may not be zero; it outlives the span.
  var dirty: UInt32
  /// Slots.
  var slots: UInt16
  /// Blocks, issued or not.
  fileprivate(set) var blocks: UInt16
  var sizeClass: UInt8
  private let stateByte: Atomic<SpanState>
  /// The owner has set the tell bit and has not looked since.
  fileprivate(set) var isArmed: Bool
  /// Somebody is about to put it on the pending list: it must not be given back before.
  fileprivate(set) var awaitsNotice: Bool
  /// Its last page can't be accessed: the hardened mode's.
  var isGuarded: Bool

  /// Set in `remote` by an owner that wants to be told.
  static let tell: UInt = 1
  /// Set in `remote` where all blocks are back and their pages were discarded.
  static let renewed: UInt = 2
  /// Set in `owner`: the block that its owner's realloc grew last lies in this span.
  static let watched: UInt = 1
  /// More than all blocks of a span.
  static let never = 1 << 40
  /// Bytes in a slot.
  static let slotSize = 1 << 16
  /// Bytes between records.
  static let stride = 128

  /// A record that is no span's: what zeroed memory holds, too.
  init() {
    free = 0
    countdown = 0
    bump = 0
    freshStart = 0
    limit = 0
    unsafe next = nil
    unsafe previous = nil
    step = 0
    ownerWord = Atomic(0)
    start = 0
    blockSize = 0
    back = 0
    remote = Atomic(0)
    nextPending = 0
    dirty = 0
    slots = 0
    blocks = 0
    sizeClass = 0
    stateByte = Atomic(.vacant)
    isArmed = false
    awaitsNotice = false
    isGuarded = false
  }

  // What only one changes and others look at, who would do the same whether they see it before the
  // change or after: atomic in name, plain loads and stores in fact.

  /// The owner's address, or 0; `watched` is set in it while the owner must hear of each free.
  @inline(__always)
  var owner: UInt {
    get { ownerWord.load(ordering: .relaxed) }
    nonmutating set { ownerWord.store(newValue, ordering: .relaxed) }
  }

  @inline(__always)
  fileprivate(set) var state: SpanState {
    get { stateByte.load(ordering: .relaxed) }
    nonmutating set { stateByte.store(newValue, ordering: .relaxed) }
  }

  /// Blocks that are issued and not yet back with the owner.
  ///
  /// - Precondition: current or available
  var live: Int { state == .current ? countdown &- Self.never : countdown }
}

typealias SpanPointer = UnsafeMutablePointer<HeapSpan>

// MARK: Transitions

extension UnsafeMutablePointer where Pointee == HeapSpan {
  /// vacant → current: all blocks are unissued. `start` and `slots` are set.
  func begin(owner: UInt, _ sizeClass: SizeClass, blocks: Int, freshStart: UInt) {
    unsafe Checked.require(pointee.state == .vacant, "a span begins that is not vacant", self)
    let size = sizeClass.blockSize
    unsafe pointee.free = 0
    unsafe pointee.bump = pointee.start
    unsafe pointee.limit = pointee.start &+ UInt(blocks &* size)
    unsafe pointee.freshStart = freshStart
    unsafe pointee.countdown = HeapSpan.never
    unsafe pointee.blocks = UInt16(truncatingIfNeeded: blocks)
    unsafe pointee.owner = owner
    unsafe pointee.blockSize = UInt32(truncatingIfNeeded: size)
    unsafe pointee.step = UInt(size)
    unsafe pointee.sizeClass = UInt8(truncatingIfNeeded: sizeClass.index)
    unsafe pointee.isArmed = false
    unsafe pointee.awaitsNotice = false
    unsafe pointee.remote.store(0, ordering: .relaxed)
    unsafe pointee.state = .current
  }

  /// vacant → medium.
  func becomeMedium() {
    unsafe Checked.require(pointee.state == .vacant, "a medium block's span is not vacant", self)
    unsafe pointee.state = .medium
  }

  /// current → full: no block is left, and the owner is told of the next that comes back.
  func becomeFull() {
    unsafe Checked.require(
      pointee.state == .current && pointee.free == 0 && pointee.bump == pointee.limit,
      "a span is full that is not current or has blocks", self)
    unsafe Checked.require(pointee.isArmed || pointee.awaitsNotice, "nobody will tell", self)
    unsafe pointee.state = .full
    unsafe pointee.countdown = 1
  }

  /// full → available: `freed` blocks have come back.
  func becomeAvailable(freed: Int) {
    unsafe Checked.require(pointee.state == .full, "a span gets blocks that is not full", self)
    unsafe pointee.state = .available
    unsafe pointee.countdown = Int(pointee.blocks) &- freed
    unsafe Checked.require(pointee.countdown >= 0, "more blocks came back than there are", self)
  }

  /// available → current.
  func becomeCurrent() {
    unsafe Checked.require(
      pointee.state == .available, "a span is taken that is not available", self)
    unsafe pointee.state = .current
    unsafe pointee.countdown &+= HeapSpan.never
  }

  /// current → available: its thread ends.
  func retire() {
    unsafe Checked.require(pointee.state == .current, "a span retires that is not current", self)
    unsafe pointee.state = .available
    unsafe pointee.countdown &-= HeapSpan.never
  }

  /// available, medium → vacant.
  func becomeVacant() {
    unsafe Checked.require(
      pointee.state == .medium
        || pointee.state == .available && pointee.countdown == 0 && !pointee.awaitsNotice,
      "a span is given back that is in use", self)
    unsafe pointee.owner = 0
    unsafe pointee.state = .vacant
    unsafe pointee.slots = 0
  }

  // MARK: Blocks

  /// The first free block is issued; behind it comes `link`.
  @inline(__always)
  func issueFree(next link: UInt) {
    unsafe pointee.free = link
    unsafe pointee.countdown &+= 1
  }

  /// The next block that was never issued is.
  @inline(__always)
  func issueFresh(_ block: UInt) {
    unsafe pointee.bump = block &+ pointee.step
    unsafe pointee.countdown &+= 1
  }

  /// A block comes back, of which the first word becomes `link`; returns whether there is something to do:
  /// see ``ThreadHeap``'s settle.
  @inline(__always)
  func takeBack(_ block: UInt, link: UInt) -> Bool {
    unsafe BlockMemory.setWord(block, link)
    unsafe pointee.free = block
    let countdown = unsafe pointee.countdown &- 1
    unsafe pointee.countdown = countdown
    return countdown == 0
  }

  /// `count` blocks come back that others freed, a list. The caller takes them off the live ones by
  /// ``count(collected:)``, or makes the span available with them.
  func prepend(_ first: UInt, count: Int) {
    if unsafe pointee.free != 0 {
      var last = first
      for _ in 1..<count { last = unsafe BlockMemory.word(last) }
      unsafe BlockMemory.setWord(last, pointee.free)
    }
    unsafe pointee.free = first
  }

  /// All blocks come back at once, and all are zero; returns how many. The caller counts them as above.
  func renew() -> Int {
    unsafe Checked.require(
      pointee.free == 0 && pointee.bump == pointee.limit, "a span is renewed that has blocks", self)
    unsafe pointee.bump = pointee.start
    unsafe pointee.freshStart = pointee.start
    return unsafe Int(pointee.blocks)
  }

  /// Takes collected blocks off the live ones; returns whether none is left.
  func count(collected: Int) -> Bool {
    unsafe Checked.require(pointee.state != .full, "blocks of a full span are counted", self)
    unsafe pointee.countdown &-= collected
    return unsafe pointee.countdown == 0
  }

  // MARK: Notice

  /// The tell bit is set.
  func noteArmed() { unsafe pointee.isArmed = true }

  /// `remote` was taken; without the tell bit, somebody is about to tell.
  func noteTaken(hadTell: Bool) {
    guard unsafe pointee.isArmed else { return }
    unsafe pointee.isArmed = false
    if !hadTell { unsafe pointee.awaitsNotice = true }
  }

  /// The span came by the pending list.
  func noteTold() {
    unsafe pointee.awaitsNotice = false
    unsafe pointee.isArmed = false
  }
}
