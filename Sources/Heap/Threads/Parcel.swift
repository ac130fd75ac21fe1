// SPDX-License-Identifier: MIT

// How a thread returns many small blocks to another one.
//
// A list through the blocks themselves (Remote.swift) makes the line of each block travel twice: to the
// thread that links it, and back to the owner that follows the link. A *parcel* is an array of
// addresses. Whoever fills it does not touch the blocks; the owner finds them in its own cache.
//
//     another thread                     owner.parcels (atomic list)         owner
//     pack ─▶ [block block … ] full ──▶ parcel ▶ parcel ▶ … ──────────▶ takeParcels: as if it had
//                  │                                                      freed them itself
//                  └─ the thread ends, or has blocks of another owner,
//                     or too many are under way ──▶ each by itself, by Remote.push
//
// What an owner leaves unopened for a whole tick, the purge opens.
//
// A block in a parcel that is not full is freed for the program and live for its span. So only blocks up
// to 1 KiB are packed, and a thread holds back less than 64 KiB.
//
// Locks: the memory of parcels lies in ``ThreadList``, behind the heap's lock; all else is atomic.

internal import Synchronization
internal import System

/// The parcel that a thread is filling.
struct Parcel: BitwiseCopyable {
  /// Whom it is for; 0 where there is none.
  var owner: UInt = 0
  /// Its memory: the address of the next parcel under way, then the blocks.
  var start: UInt = 0
  /// How many blocks are in it.
  var count = 0
  /// The block that was packed last.
  var last: UInt = 0
  /// Blocks of other owners since it was begun.
  var others = 0

  /// Blocks in a full one.
  static let capacity = 63
  /// Bytes of a parcel: eight lines.
  static let size: UInt = 512
  /// Bytes of the largest block that is packed.
  static let largestBlock: UInt32 = 1024
  /// How many an owner may leave unopened: an owner that sleeps should not cost memory.
  static let mostUnderWay = 16
  /// Blocks that a thread without a heap frees before it gets one, for the sake of parcels. What a thread
  /// frees when it ends, and its heap is gone, are fewer: nobody would end that second heap.
  static let worthwhile: UInt32 = 64
  /// Blocks of other owners after which the parcel is for one of them.
  static let patience = 16

  /// Where the block of a number stands.
  func place(_ index: Int) -> UInt { start &+ UInt(bitPattern: 8 &+ index &* 8) }
}

// MARK: The thread that frees

extension ThreadHeap {
  /// The calling thread's heap. One that only frees gets it when it has freed some blocks of others.
  static var packer: ThreadHeapPointer? {
    if let thread = unsafe ThreadHeap.existing { return unsafe thread }
    return Syscalls.countFree() == Parcel.worthwhile ? unsafe begin() : nil
  }
}

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Puts a block into the parcel for its owner; returns false where it is to go by itself.
  func pack(_ block: UInt, _ span: SpanPointer) -> Bool {
    guard unsafe span.pointee.blockSize <= Parcel.largestBlock else { return false }
    let owner = unsafe span.pointee.owner & ~HeapSpan.watched
    if unsafe pointee.parcel.owner != owner, unsafe !beginParcel(for: owner) { return false }
    let count = unsafe pointee.parcel.count
    unsafe BlockMemory.setWord(pointee.parcel.place(count), block)
    unsafe pointee.parcel.last = block
    unsafe pointee.parcel.count = count &+ 1
    if count &+ 1 == Parcel.capacity { unsafe sendParcel() }
    return true
  }

  private func beginParcel(for owner: UInt) -> Bool {
    if unsafe pointee.parcel.count > 0 {
      unsafe pointee.parcel.others &+= 1
      if unsafe pointee.parcel.others < Parcel.patience { return false }
      unsafe unpackParcel()
    }
    if unsafe pointee.parcel.start == 0 {
      let heap = unsafe pointee.heap
      let taken = unsafe heap.guarded.withLock { shared, _ in shared.threads.takeParcel() }
      unsafe pointee.parcel.start = taken ?? 0
      if unsafe pointee.parcel.start == 0 { return false }
    }
    unsafe pointee.parcel.others = 0
    unsafe pointee.parcel.owner = owner
    return true
  }

  private func sendParcel() {
    guard let owner = unsafe ThreadHeapPointer(bitPattern: pointee.parcel.owner),
      unsafe owner.pointee.parcelsUnderWay.load(ordering: .relaxed) < Parcel.mostUnderWay
    else { return unsafe unpackParcel() }
    let parcel = unsafe pointee.parcel.start
    unsafe pointee.parcel = Parcel()
    unsafe _ = owner.pointee.parcelsUnderWay.add(1, ordering: .relaxed)
    var old = unsafe owner.pointee.parcels.load(ordering: .relaxed)
    while true {
      unsafe BlockMemory.setWord(parcel, old)
      let (done, now) = unsafe owner.pointee.parcels.weakCompareExchange(
        expected: old, desired: parcel, successOrdering: .releasing, failureOrdering: .relaxed)
      if done { return }
      old = now
    }
  }

  /// Hands over each block by itself; the parcel is empty then, and for nobody.
  func unpackParcel() {
    let parcel = unsafe pointee.parcel
    unsafe pointee.parcel = Parcel()
    unsafe pointee.parcel.start = parcel.start
    for index in 0..<parcel.count {
      let block = unsafe BlockMemory.word(parcel.place(index))
      unsafe _ = Remote.push(block, SpanPointer(containing: block))
    }
  }
}

// MARK: The owner

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Opens what others have sent; returns whether there was anything.
  func takeParcels() -> Bool {
    if unsafe pointee.parcels.load(ordering: .relaxed) == 0 { return false }
    return unsafe open { unsafe takeBack($0) }
  }

  /// The purge opens what an owner leaves unopened: each block goes by itself. With `all`, also what has not
  /// been there for a whole tick.
  func openParcels(all: Bool) {
    let before = unsafe pointee.parcelsBefore
    let now = unsafe pointee.parcels.load(ordering: .relaxed)
    unsafe pointee.parcelsBefore = now
    guard now != 0, all || now == before else { return }
    unsafe _ = open { unsafe _ = Remote.push($0, SpanPointer(containing: $0)) }
  }

  /// Takes all parcels and hands on their blocks; returns whether there were any: the owner and the purge may come
  /// at the same time, and one of them finds none.
  @inline(__always)
  private func open(_ take: (UInt) -> Void) -> Bool {
    let first = unsafe pointee.parcels.exchange(0, ordering: .acquiring)
    if first == 0 { return false }
    var parcel = Parcel(start: first)
    var count = 0
    while true {
      for index in 0..<Parcel.capacity { take(unsafe BlockMemory.word(parcel.place(index))) }
      count &+= 1
      let next = unsafe BlockMemory.word(parcel.start)
      if next == 0 { break }
      parcel.start = next
    }
    unsafe giveBackParcels(from: first, to: parcel.start, count: count)
    return true
  }

  private func giveBackParcels(from first: UInt, to last: UInt, count: Int) {
    unsafe _ = pointee.parcelsUnderWay.subtract(count, ordering: .relaxed)
    unsafe pointee.heap.guarded.withLock { shared, _ in
      shared.threads.giveBackParcels(from: first, to: last)
    }
  }

  /// Frees a block of a span of this heap's.
  private func takeBack(_ block: UInt) {
    let span = unsafe SpanPointer(containing: block)
    if unsafe span.pointee.owner & HeapSpan.watched != 0 { unsafe unwatch(span) }
    if unsafe span.takeBack(block, link: span.pointee.free) { unsafe settle(span) }
  }
}
