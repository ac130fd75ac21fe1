// SPDX-License-Identifier: MIT

// What of recycled memory is dirty, and how it is made zero again.

internal import Pages
internal import System

enum Zeroing {
  /// Where a new span's memory is zero from on: one word can only say it of a span with one slot, or
  /// of one whose slots are all clean.
  static func freshStart(_ span: SpanPointer, limit: UInt) -> UInt {
    let count = unsafe Int(span.pointee.slots)
    if count == 1 { return unsafe span.pointee.start &+ UInt(span.pointee.dirty) }
    let segment = unsafe SegmentPointer(containing: UInt(bitPattern: span))
    let first = unsafe span.slot
    for slot in first..<(first &+ count)
    where unsafe segment.span(slot).pointee.dirty != 0 {
      return limit
    }
    return unsafe span.pointee.start
  }

  /// Clears those bytes of a block that may be dirty, as the records of its slots say; returns how
  /// many.
  static func clearDirty(_ block: UInt, _ size: Int) -> Int {
    let segment = unsafe SegmentPointer(containing: block)
    let end = block &+ UInt(size)
    var cleared = 0
    var slot = Int((block &- (unsafe segment.start)) &>> Segment.slotExponent)
    while true {
      let begin = unsafe segment.address(slot)
      if begin >= end { return cleared }
      let dirtyEnd = unsafe min(begin &+ UInt(segment.span(slot).pointee.dirty), end)
      let from = max(begin, block)
      if dirtyEnd > from {
        cleared &+= Int(dirtyEnd &- from)
        Syscalls.clearBytes(from, Int(dirtyEnd &- from))
      }
      slot &+= 1
    }
  }

  /// Clears `count` bytes of a block from `start` on, which may be anywhere; they end at a multiple of 16.
  ///
  /// A call of memset would cost more than most tails do.
  @inline(__always)
  static func clearTail(_ start: UInt, _ count: Int) {
    if count >= 16 {
      unsafe BlockMemory.store(SIMD2<UInt64>(0, 0), at: start)
      let aligned = (start &+ 15) & ~15
      let rest = Int(bitPattern: start &+ UInt(bitPattern: count) &- aligned)
      if rest > 0 { Syscalls.clear(aligned, rest) }
    } else if count >= 8 {
      unsafe BlockMemory.store(0 as UInt64, at: start)
      unsafe BlockMemory.store(0 as UInt64, at: start &+ UInt(bitPattern: count &- 8))
    } else if count >= 4 {
      unsafe BlockMemory.store(0 as UInt32, at: start)
      unsafe BlockMemory.store(0 as UInt32, at: start &+ UInt(bitPattern: count &- 4))
    } else if count > 0 {
      let last = start &+ UInt(bitPattern: count &- 1)
      unsafe BlockMemory.store(0 as UInt8, at: start)
      unsafe BlockMemory.store(0 as UInt8, at: (start &+ last) &>> 1)
      unsafe BlockMemory.store(0 as UInt8, at: last)
    }
  }
}
