// SPDX-License-Identifier: MIT

// A segment is 4 MiB of address space at a multiple of that, divided into 64 slots of 64 KiB. The
// first slot holds the records: of the segment itself, then one for each slot. So the record that an
// address belongs to is found by arithmetic, whichever thread asks.
//
//     ┌──────────────┬────────┬────────┬────────────────┬───  ─┬────────┐
//     │ records      │ span   │ span   │ span of 2      │  …   │ vacant │
//     └──────────────┴────────┴────────┴────────────────┴───  ─┴────────┘
//       slot 0         1        2        3        4              63
//
// A vacant slot is *clean* (all zero, nothing committed) or *dirty*. Purging makes dirty ones clean:
// those that were vacant and dirty for one whole tick, their `idle` bit tells (see Heap+Purge.swift).
//
// Invariants: dirty ⊆ vacant, idle ⊆ dirty, bit 0 is in none of them. A slot is clean iff the `dirty`
// of its record is 0. Segments with a vacant slot, and no others, are in the heap's list.
//
// All of it is changed under the heap's lock only.

internal import Synchronization

@safe struct Segment: ~Copyable {
  /// A bit for each slot that is no span's.
  var vacant: UInt64
  /// Vacant slots that may not be zero.
  var dirty: UInt64
  /// Dirty slots that were so at the last tick already.
  var idle: UInt64
  /// First slots of spans that were returned at the last tick already: see Heap+Returned.swift.
  var returned: UInt64
  var next: UnsafeMutablePointer<Segment>?
  var previous: UnsafeMutablePointer<Segment>?
  /// All segments, in the order of their making.
  var nextOfAll: UnsafeMutablePointer<Segment>?
  var isListed: Bool

  static let size = 1 << 22
  static let sizeExponent: UInt = 22
  static let slotSize = HeapSpan.slotSize
  static let slotExponent: UInt = 16
  static let slotCount = 64
  /// Every slot but the first.
  static let allSlots = ~UInt64(1)

  /// The lowest bit of a run of `count` ones, or nil.
  static func run(of count: Int, in bits: UInt64) -> Int? {
    var starts = bits
    var length = 1
    while length < count, starts != 0 {
      let step = min(length, count &- length)
      starts &= starts &>> UInt64(step)
      length &+= step
    }
    return starts == 0 ? nil : starts.trailingZeroBitCount
  }

  /// `count` ones from a slot on.
  static func mask(_ slot: Int, _ count: Int) -> UInt64 {
    (count >= 64 ? ~0 : (1 &<< UInt64(count)) &- 1) &<< UInt64(slot)
  }
}

typealias SegmentPointer = UnsafeMutablePointer<Segment>

extension UnsafeMutablePointer where Pointee == Segment {
  /// The segment that an address lies in.
  ///
  /// - Precondition: the segment map says that there is one.
  @inline(__always)
  init(containing address: UInt) {
    let start = address & ~UInt(Segment.size &- 1)
    unsafe self = UnsafeMutablePointer(bitPattern: start).unsafelyUnwrapped
  }

  var start: UInt { UInt(bitPattern: self) }

  /// The record of a slot.
  @inline(__always)
  func span(_ slot: Int) -> SpanPointer {
    // SAFETY: records lie at regular distances from the segment's beginning.
    unsafe UnsafeMutablePointer<HeapSpan>(bitPattern: start &+ UInt(slot &* HeapSpan.stride))
      .unsafelyUnwrapped
  }

  /// The address of a slot.
  func address(_ slot: Int) -> UInt { unsafe start &+ UInt(slot &<< Int(Segment.slotExponent)) }
}

extension UnsafeMutablePointer where Pointee == HeapSpan {
  /// The record of the span that an address lies in.
  ///
  /// - Precondition: the segment map says that there is one.
  @inline(__always)
  init(containing address: UInt) {
    let segment = address & ~UInt(Segment.size &- 1)
    let slot = (address &>> Segment.slotExponent) & UInt(Segment.slotCount &- 1)
    let record = unsafe UnsafeMutablePointer(bitPattern: segment &+ slot &* UInt(HeapSpan.stride))
      .unsafelyUnwrapped
    let first = unsafe UInt(bitPattern: record) &- UInt(record.pointee.back)
    unsafe self = UnsafeMutablePointer(bitPattern: first).unsafelyUnwrapped
  }

  /// The position of the span's first slot.
  var slot: Int {
    Int((UInt(bitPattern: self) & UInt(Segment.size &- 1)) / UInt(HeapSpan.stride))
  }
}
