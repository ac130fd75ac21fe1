// SPDX-License-Identifier: MIT

// A trace as the drivers take it: laid out for speed, in batches of bounded length.
//
// Terms: a *slot* is a place for one block; a slot whose block is freed is used again, so that there
// are no more slots than blocks were live at one time. A *step* is one call of the allocator: an event
// is one step, and a resize two, which are a request in a new slot and a free of the old one.
//
// Invariants: a slot is requested and freed in turn; a free has the size of its request.

/// One call of the allocator.
struct Step: BitwiseCopyable {
  let slot: UInt32
  /// Below zero for a free, which has the size's complement.
  private let code: Int32

  init(request size: Int, slot: UInt32) {
    self.slot = slot
    code = Int32(truncatingIfNeeded: size)
  }

  init(free size: Int, slot: UInt32) {
    self.slot = slot
    code = ~Int32(truncatingIfNeeded: size)
  }

  /// - Parameter code: the size of a request, the complement of a free's.
  @inline(__always)
  init(slot: UInt32, code: Int32) {
    self.slot = slot
    self.code = code
  }

  @inline(__always) var isRequest: Bool { code >= 0 }
  /// Bytes.
  @inline(__always) var size: Int { Int(code < 0 ? ~code : code) }
}

/// Steps that follow each other.
struct Batch {
  /// The most steps that are laid out at one time: 8 MiB.
  static var usualCapacity: Int { 1 << 20 }

  var steps: [Step] = []
  /// The positions of steps that are only the first of their event's.
  var continued: [Int] = []
  /// How many slots there are so far.
  var slotCount = 0

  mutating func removeAll() {
    steps.removeAll(keepingCapacity: true)
    continued.removeAll(keepingCapacity: true)
  }
}

/// The blocks of a run, by slot.
@safe
struct ReplayBlocks {
  private var blocks: [UnsafeMutableRawPointer?]

  init() { unsafe blocks = [] }

  /// Makes room for as many slots.
  mutating func grow(to slotCount: Int) {
    let missing = unsafe slotCount - blocks.count
    if missing > 0 { unsafe blocks.append(contentsOf: repeatElement(nil, count: missing)) }
  }

  @inline(__always)
  subscript(slot: UInt32) -> UnsafeMutableRawPointer? {
    get { unsafe blocks[Int(slot)] }
    set { unsafe blocks[Int(slot)] = newValue }
  }
}
