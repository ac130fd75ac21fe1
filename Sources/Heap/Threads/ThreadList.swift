// SPDX-License-Identifier: MIT

// The records that threads have: their heaps, which outlive them, and parcels. Behind the heap's lock.

internal import Pages
internal import System

@safe struct ThreadList: ~Copyable {
  /// Heaps whose thread has ended.
  private(set) var parked: ThreadHeapPointer?
  /// All of them.
  private(set) var newest: ThreadHeapPointer?
  /// Memory for more of them, and for parcels.
  private var records: Range<UInt>
  /// The first parcel that nobody has, linked through their first words, or 0.
  private var spareParcels: UInt = 0

  /// - Precondition: the bytes are zero, and stay.
  init(records: Range<UInt>) {
    unsafe parked = nil
    unsafe newest = nil
    self.records = records
  }

  // MARK: Heaps of threads

  mutating func park(_ thread: ThreadHeapPointer) {
    unsafe thread.pointee.nextParked = parked
    unsafe parked = thread
  }

  /// A heap that an ended thread has left.
  mutating func adopt() -> ThreadHeapPointer? {
    guard let thread = unsafe parked else { return nil }
    unsafe parked = thread.pointee.nextParked
    unsafe thread.pointee.nextParked = nil
    return unsafe thread
  }

  /// All that are parked, linked; none is any more.
  mutating func takeParked() -> ThreadHeapPointer? {
    let first = unsafe parked
    unsafe parked = nil
    return unsafe first
  }

  mutating func make(in heap: UnsafeMutablePointer<Heap>) -> ThreadHeapPointer? {
    guard let address = takeRecord(ThreadHeap.stride),
      let thread = unsafe ThreadHeapPointer(bitPattern: address)
    else { return nil }
    unsafe thread.initialize(to: ThreadHeap(heap: heap, empty: heap.pointee.emptySpan))
    unsafe thread.pointee.nextOfAll = newest
    unsafe newest = thread
    return unsafe thread
  }

  // MARK: Memory

  /// Memory for a parcel.
  mutating func takeParcel() -> UInt? {
    if spareParcels == 0 { return takeRecord(Parcel.size) }
    let parcel = spareParcels
    spareParcels = unsafe BlockMemory.word(parcel)
    return parcel
  }

  /// Takes back parcels that are linked from the first to the last.
  mutating func giveBackParcels(from first: UInt, to last: UInt) {
    unsafe BlockMemory.setWord(last, spareParcels)
    spareParcels = first
  }

  /// Memory that stays what it becomes: `size` zeroed bytes, a multiple of 128, or nil.
  private mutating func takeRecord(_ size: UInt) -> UInt? {
    if records.upperBound &- records.lowerBound < size {
      let size = ByteCount.kibibytes(64)
      let before = Syscalls.errorNumber
      guard let start = try? Syscalls.mapAnonymous(size: size, traits: MappingTraits()) else {
        return nil
      }
      Syscalls.errorNumber = before
      records = start.rawValue..<(start + size).rawValue
    }
    let address = records.lowerBound
    records = (address &+ size)..<records.upperBound
    return address
  }
}
