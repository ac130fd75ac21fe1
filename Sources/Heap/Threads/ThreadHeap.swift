// SPDX-License-Identifier: MIT

// What a thread has of the heap for itself: for each size class one *current* span, from which it
// takes blocks without a lock or an atomic instruction, and a list of *available* ones behind it.
//
// Its record outlives the thread. When a thread ends, its heap gives back what is empty and is
// *parked* with what is not; the next thread that begins adopts it whole. So a span's owner never
// changes, and other threads may free into it at any time.
//
// Invariants: `direct[i]` is the current span of the class that holds 16 × i bytes. A class without a
// span has the heap's `emptySpan`, which has no block, so that the quick path needs no other test.

internal import Synchronization
internal import System

@safe struct ThreadHeap: ~Copyable {
  /// The current spans of the small classes, by a sixteenth of the size that is asked for.
  var direct: InlineArray<65, SpanPointer>
  /// The current spans of all classes.
  var current: InlineArray<44, SpanPointer>
  /// The first of each class's available spans.
  var available: InlineArray<44, SpanPointer?>
  let map: SegmentMap
  /// Blocks may be handed out without being counted.
  let isQuick: Bool
  /// What links of free lists are encoded with: 0, for not at all, but in the hardened mode.
  let linkKey: UInt
  /// The block that realloc grew last (see GrownBlock.swift).
  var grown: GrownBlock
  /// Bytes that were cleared for the block that the slow path made last.
  var cleared: Int
  let heap: UnsafeMutablePointer<Heap>
  /// Spans that other threads have news of: the address of the first, linked by `nextPending`.
  let pending: Atomic<UInt>
  /// Parcels that others have sent: the address of the first.
  let parcels: Atomic<UInt>
  let parcelsUnderWay: Atomic<Int>
  /// What `parcels` was at the last tick; the purge's.
  var parcelsBefore: UInt
  /// The parcel that this thread is filling.
  var parcel: Parcel
  var nextParked: ThreadHeapPointer?
  var nextOfAll: ThreadHeapPointer?

  init(heap: UnsafeMutablePointer<Heap>, empty: SpanPointer) {
    unsafe direct = InlineArray(repeating: empty)
    unsafe current = InlineArray(repeating: empty)
    unsafe available = InlineArray(repeating: nil)
    unsafe map = heap.pointee.map
    unsafe self.heap = heap
    unsafe isQuick =
      !heap.pointee.counters.isCounting && !heap.pointee.settings.isHardened
    unsafe linkKey = heap.pointee.seal.linkKey
    grown = .none
    cleared = 0
    pending = Atomic(0)
    parcels = Atomic(0)
    parcelsUnderWay = Atomic(0)
    parcelsBefore = 0
    parcel = Parcel()
    unsafe nextParked = nil
    unsafe nextOfAll = nil
  }

  /// Bytes that one takes: whole pairs of cache lines, which no other thread shares.
  static var stride: UInt { UInt((MemoryLayout<ThreadHeap>.size + 127) & ~127) }

  /// The heap of the calling thread; nil before its first block.
  @inline(__always)
  static var existing: ThreadHeapPointer? {
    unsafe Syscalls.threadWord?.assumingMemoryBound(to: ThreadHeap.self)
  }

  /// The heap of the calling thread, made or adopted now if it has none.
  static var mine: ThreadHeapPointer? {
    if let thread = unsafe ThreadHeap.existing { return unsafe thread }
    return unsafe begin()
  }
}

typealias ThreadHeapPointer = UnsafeMutablePointer<ThreadHeap>

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Makes a span the one that a class takes blocks from.
  func setCurrent(_ sizeClass: SizeClass, _ span: SpanPointer) {
    unsafe pointee.current[unchecked: sizeClass.index] = span
    let size = sizeClass.blockSize
    if size <= SizeClass.largestDirect, unsafe pointee.isQuick {
      let first =
        sizeClass.index == 0 ? 0 : SizeClass(index: sizeClass.index &- 1).blockSize / 16 &+ 1
      var index = first
      while index <= size / 16 {
        unsafe pointee.direct[unchecked: index] = span
        index &+= 1
      }
    }
  }

  /// Adds a span to its class's available ones. The first one's `previous` is the last.
  ///
  /// A span has one free block when it comes. Of small blocks it waits behind the others until it has more:
  /// taken at once it would be exhausted at once, and each allocation go the slow way. A span of larger
  /// blocks goes in front, where its memory is still in the cache.
  func addAvailable(_ span: SpanPointer) {
    let index = unsafe Int(span.pointee.sizeClass)
    unsafe span.pointee.next = nil
    unsafe span.pointee.previous = span
    guard let first = unsafe pointee.available[unchecked: index] else {
      unsafe pointee.available[unchecked: index] = span
      return
    }
    let last = unsafe first.pointee.previous
    unsafe first.pointee.previous = span
    unsafe span.pointee.previous = last
    if unsafe span.pointee.step <= UInt(SizeClass.largestDirect) {
      unsafe last?.pointee.next = span
    } else {
      unsafe span.pointee.next = first
      unsafe pointee.available[unchecked: index] = span
    }
  }

  func removeAvailable(_ span: SpanPointer) {
    let index = unsafe Int(span.pointee.sizeClass)
    let next = unsafe span.pointee.next
    let previous = unsafe span.pointee.previous
    if unsafe pointee.available[unchecked: index] == span {
      unsafe pointee.available[unchecked: index] = next
      unsafe next?.pointee.previous = previous
    } else {
      unsafe previous?.pointee.next = next
      if let next = unsafe next {
        unsafe next.pointee.previous = previous
      } else {
        unsafe pointee.available[unchecked: index]?.pointee.previous = previous
      }
    }
  }
}
