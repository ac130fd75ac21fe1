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
// States, and who may change what:
//
//                  acquire              exhausted                block freed
//     vacant slots ───────▶ current ─────────────▶ full ────────────────────▶ available
//          ▲                   ▲                                                │   │
//          │                   └───────────────── exhausted class ──────────────┘   │
//          └────────────────────────────────── last block freed ────────────────────┘
//
// The owner, a ``ThreadHeap``, alone changes a span but for `remote`, the atomic list of blocks that
// other threads freed. Its lowest bit, *tell*, asks who pushes next to put the span on the owner's
// pending list: the owner does not look at full spans by itself.
//
// `countdown` makes the quick path of freeing one subtraction: it is the number of frees after which
// there is something to do. Of a current span it is live + `never`, of an available one live, of a
// full one 1.
//
// Invariants: start ≤ bump ≤ limit. live blocks + free blocks + remote blocks = issued blocks. An
// available span has a free block or bump < limit, or blocks in `remote`.

internal import Synchronization

/// What a slot's record stands for.
enum SpanState: UInt8, AtomicRepresentable {
  /// A slot that nobody has, or the inner slot of a span.
  case vacant
  case current
  case available
  case full
  /// One block of more than 64 KiB, owned by no thread.
  case big
}

@safe struct HeapSpan: ~Copyable {
  // The owner's line of the cache. Other threads, when they free, leave it alone.

  /// The address of the first free block, or 0.
  var free: UInt
  /// Frees until there is something to do.
  var countdown: Int
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

  // The line of those who free. The owner, when it issues blocks, leaves it alone.

  private let ownerWord: Atomic<UInt>
  /// The first block's address.
  var start: UInt
  /// Bytes in a block: of a big span, what can be used of it.
  var blockSize: UInt32
  /// The distance in bytes back to the record of the span's first slot.
  var back: UInt32
  /// Blocks that other threads freed, and the tell bit.
  let remote: Atomic<UInt>
  /// The next one on the owner's pending list.
  var nextPending: UInt
  /// Bytes from the slot's beginning that may not be zero; it outlives the span.
  var dirty: UInt32
  /// Slots.
  var slots: UInt16
  var sizeClass: UInt8
  private let stateByte: Atomic<SpanState>
  /// The owner has set the tell bit and has not looked since.
  var isArmed: Bool
  /// Somebody is about to put it on the pending list: it must not be given back before.
  var awaitsNotice: Bool
  /// Its last page can't be accessed: the hardened mode's.
  var isGuarded: Bool

  /// Set in `remote` by an owner that wants to be told.
  static let tell: UInt = 1
  /// Set in `owner`: the block that its owner's realloc grew last lies in this span.
  static let watched: UInt = 1
  /// More than all blocks of a span.
  static let never = 1 << 40
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
  var state: SpanState {
    get { stateByte.load(ordering: .relaxed) }
    nonmutating set { stateByte.store(newValue, ordering: .relaxed) }
  }

  /// Blocks that are issued and not yet back with the owner.
  ///
  /// - Precondition: current or available
  var live: Int { state == .current ? countdown &- Self.never : countdown }
}

typealias SpanPointer = UnsafeMutablePointer<HeapSpan>
