// SPDX-License-Identifier: MIT

// Which process records, and in what order.
//
// One lock makes one order of all threads' events. A request is recorded after the next allocator has
// returned the block, and a free before the block is given back: so no line requests an address that an
// earlier line still holds. A block that is being resized is in no table meanwhile, and is recorded once it
// is known whether it moved.
//
//     fresh ──first call──▶ recording ──error──▶ off             a forked child is fresh again
//       └───── not this process ────────────────▶ off
//
// The lock and the state are in a page that the kernel clears in a forked child, however it was
// forked: the child has no lock held by a thread that it does not have, and never writes to its
// parent's file.
//
// Which process is recorded: the one whose parent is named by TAMALLOC_RECORD_PARENT, into the file
// TAMALLOC_RECORD; with TAMALLOC_RECORD_CHILDREN=1 every other one as well, into that name followed by a
// dot and its process number. A process that executes another program starts its file over. A forked
// child's file begins with requests of what it inherited.
//
// Nothing here allocates from a heap; calls from a signal handler that interrupted this code are passed on
// and not recorded.

internal import CRecorder
internal import Synchronization

/// The recording of this process.
@safe
enum Recorder {
  private static var fresh: UInt32 { 0 }
  private static var recording: UInt32 { 1 }
  private static var off: UInt32 { 2 }

  /// The page that is cleared on fork: the lock, and the state 64 bytes behind.
  nonisolated(unsafe) private static var page: UnsafeMutableRawPointer?
  nonisolated(unsafe) private static var ledger = BlockLedger()
  nonisolated(unsafe) private static var file = RecordFile()
  nonisolated(unsafe) private static var settings = Settings()
  nonisolated(unsafe) private static var nextID = 0
  nonisolated(unsafe) private static var largest = 0

  private static var lock: UnsafeMutablePointer<Atomic<UInt32>>? {
    unsafe page?.assumingMemoryBound(to: Atomic<UInt32>.self)
  }
  private static var state: UnsafeMutablePointer<Atomic<UInt32>>? {
    unsafe (page.map { unsafe $0 + 64 })?.assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  // MARK: Events

  /// The next allocator gave a block.
  static func requested(_ block: UnsafeMutableRawPointer?, size: Int) {
    guard let block = unsafe block, enter() else { return }
    request(UInt(bitPattern: block), size)
    leave()
  }

  /// A block is about to be given back.
  static func freeing(_ block: UnsafeMutableRawPointer) {
    guard enter() else { return }
    if let entry = unsafe ledger.remove(UInt(bitPattern: block)), hasRoom() {
      unsafe file.write("FREE ", id: entry.id, size: nil, isLarge: false)
    }
    leave()
  }

  /// A block is about to be resized: takes it out until it is known what becomes of it.
  static func resizing(_ block: UnsafeMutableRawPointer) -> BlockLedger.Entry? {
    guard enter() else { return nil }
    defer { leave() }
    return unsafe ledger.remove(UInt(bitPattern: block))
  }

  /// The next allocator resized a block to `moved`, or nil; to 0 bytes that frees it.
  static func resized(
    _ entry: BlockLedger.Entry?, to moved: UnsafeMutableRawPointer?, size: Int
  ) {
    guard var entry else { return unsafe requested(moved, size: size) }
    guard enter() else { return }
    defer { leave() }
    guard let moved = unsafe moved else {
      if size == 0 {
        if hasRoom() { unsafe file.write("FREE ", id: entry.id, size: nil, isLarge: false) }
      } else if unsafe !ledger.insert(entry) {
        stop("there is no memory for its own", 0)
      }
      return
    }
    entry.address = UInt(bitPattern: moved)
    entry.size = size
    forget(entry.address)
    guard unsafe ledger.insert(entry) else { return stop("there is no memory for its own", 0) }
    if hasRoom() {
      unsafe file.write("RESIZE ", id: entry.id, size: size, isLarge: size > largest)
    }
  }

  private static func request(_ address: UInt, _ size: Int) {
    forget(address)
    guard nextIsLeft() else { return stop("2^30 blocks are all that a trace can have", 0) }
    let entry = unsafe BlockLedger.Entry(address: address, id: nextID, size: size)
    guard unsafe ledger.insert(entry) else { return stop("there is no memory for its own", 0) }
    guard hasRoom() else { return }
    unsafe nextID += 1
    unsafe file.write("REQUEST ", id: entry.id, size: size, isLarge: size > largest)
  }

  private static func nextIsLeft() -> Bool { unsafe nextID < 1 << 30 }

  /// A block that is given out must have been given back, by a way that does not lead here.
  private static func forget(_ address: UInt) {
    guard let stale = unsafe ledger.remove(address), hasRoom() else { return }
    unsafe file.write("FREE ", id: stale.id, size: nil, isLarge: false)
  }

  private static func hasRoom() -> Bool {
    guard unsafe state?.pointee.load(ordering: .relaxed) == recording else { return false }
    let failure = unsafe settings.withPath { unsafe file.makeRoom($0) }
    if failure != 0 { stop("its file can't be made longer", failure) }
    return failure == 0
  }

  // MARK: Beginning and end

  /// Makes the page that all begins with. The dynamic linker calls this before a second thread is.
  static func prepare() {
    guard unsafe page == nil, let memory = unsafe crecorder_map(1 << 12) else { return }
    if unsafe crecorder_wipe_on_fork(memory, 1 << 12) != 0 {
      // Without it a child could write to its parent's file.
      unsafe (memory + 64).storeBytes(of: off, as: UInt32.self)
    }
    unsafe page = memory
  }

  /// The process ends, or its library is unloaded.
  static func finish() {
    guard enter() else { return }
    unsafe settings.withPath { unsafe file.trim($0) }
    leave()
  }

  /// The first call in this process.
  private static func begin() {
    let isForked = unsafe settings.isRead
    if !isForked { unsafe settings.read() }
    guard unsafe settings.choosePath(isForked: isForked) else {
      unsafe state?.pointee.store(off, ordering: .relaxed)
      return
    }
    unsafe largest = Int(getpagesize())
    let inherited = unsafe ledger
    unsafe ledger = BlockLedger()
    unsafe file = RecordFile()
    unsafe nextID = 0
    let failure = unsafe settings.withPath { unsafe file.create($0) }
    if failure != 0 { return stop("its file can't be written", failure) }
    unsafe state?.pointee.store(recording, ordering: .relaxed)
    for index in 0..<inherited.places {
      // A thread that the child does not have may have been moving a block: then it is there twice.
      if let entry = inherited.entry(index), unsafe !ledger.holds(entry.address) {
        request(entry.address, entry.size)
      }
    }
    unsafe inherited.release()
  }

  private static func stop(_ reason: StaticString, _ number: Int32) {
    unsafe state?.pointee.store(off, ordering: .relaxed)
    Message.say(reason, number)
  }

  // MARK: The lock

  /// Takes the lock where this process is recorded; errno is kept until ``leave()``.
  private static func enter() -> Bool {
    guard crecorder_is_inside() == 0 else { return false }
    if unsafe page == nil { prepare() }
    guard let lock = unsafe lock, let state = unsafe state,
      unsafe state.pointee.load(ordering: .relaxed) != off
    else { return false }
    crecorder_set_inside(1)
    let number = crecorder_errno()
    if unsafe !lock.pointee.compareExchange(
      expected: 0, desired: 1, ordering: .acquiring
    ).exchanged {
      // 2: somebody waits.
      while unsafe lock.pointee.exchange(2, ordering: .acquiring) != 0 {
        unsafe crecorder_wait(lock, 2)
      }
    }
    unsafe savedErrorNumber = number
    if unsafe state.pointee.load(ordering: .relaxed) == fresh { begin() }
    if unsafe state.pointee.load(ordering: .relaxed) == recording { return true }
    leave()
    return false
  }

  /// Of the thread that holds the lock.
  nonisolated(unsafe) private static var savedErrorNumber: Int32 = 0

  private static func leave() {
    guard let lock = unsafe lock else { return }
    crecorder_set_errno(unsafe savedErrorNumber)
    if unsafe lock.pointee.exchange(0, ordering: .releasing) == 2 { unsafe wake(lock) }
    crecorder_set_inside(0)
  }

  private static func wake(_ lock: UnsafeMutablePointer<Atomic<UInt32>>) {
    let number = crecorder_errno()
    unsafe crecorder_wake(lock)
    crecorder_set_errno(number)
  }
}
