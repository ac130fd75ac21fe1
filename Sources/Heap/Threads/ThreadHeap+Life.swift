// SPDX-License-Identifier: MIT

// Beginning and end of a thread, as the heap sees them, and forks.

internal import Pages
internal import Synchronization
internal import System

extension ThreadHeap {
  /// Gives the calling thread a heap: one that an ended thread has left, or a new one.
  @inline(never)
  static func begin() -> ThreadHeapPointer? {
    guard let heap = unsafe Heap.shared else { return nil }
    unsafe heap.pointee.lock.lock()
    let found = unsafe heap.pointee.adoptThreadHeap() ?? heap.pointee.makeThreadHeap(in: heap)
    if unsafe heap.pointee.settings.isHardened, unsafe heap.pointee.hardened.thread == nil {
      unsafe heap.pointee.hardened.thread = heap.pointee.makeThreadHeap(in: heap)
    }
    unsafe heap.pointee.lock.unlock()
    guard let thread = unsafe found else { return nil }
    // First this: what comes next may allocate.
    unsafe Syscalls.setThreadWord(thread)
    if let key = unsafe heap.pointee.threadKey {
      unsafe Syscalls.setThreadKey(key, UnsafeMutableRawPointer(thread))
    }
    return unsafe thread
  }

  /// The calling thread ends; called by the C library with the thread's heap.
  static func end(_ value: UnsafeMutableRawPointer?) {
    guard let thread = unsafe ThreadHeap.existing else { return }
    unsafe Syscalls.setThreadWord(nil)
    unsafe thread.empty()
    let heap = unsafe thread.pointee.heap
    unsafe heap.pointee.lock.lock()
    unsafe thread.pointee.nextParked = heap.pointee.parked
    unsafe heap.pointee.parked = thread
    unsafe heap.pointee.lock.unlock()
  }
}

extension UnsafeMutablePointer where Pointee == ThreadHeap {
  /// Gives back every span without issued blocks, and asks for notice of the others.
  func empty() {
    unsafe unpackParcel()
    unsafe takeNews()
    for index in 0..<SizeClass.count {
      let span = unsafe pointee.current[unchecked: index]
      if unsafe span.pointee.blockSize == 0 { continue }
      unsafe span.retire()
      unsafe addAvailable(span)
      unsafe setCurrent(SizeClass(index: index), emptySpan)
    }
    for index in 0..<SizeClass.count {
      var next = unsafe pointee.available[unchecked: index]
      while let span = unsafe next {
        unsafe next = span.pointee.next
        unsafe park(span)
      }
    }
  }

  private func park(_ span: SpanPointer) {
    while true {
      if unsafe span.count(collected: Remote.collect(span)) { return unsafe becameEmpty(span) }
      if unsafe span.pointee.awaitsNotice || Remote.arm(span) { return }
    }
  }
}

extension Heap {
  /// With the lock held.
  fileprivate mutating func adoptThreadHeap() -> ThreadHeapPointer? {
    guard let thread = unsafe parked else { return nil }
    unsafe parked = thread.pointee.nextParked
    unsafe thread.pointee.nextParked = nil
    return unsafe thread
  }

  /// With the lock held.
  fileprivate mutating func makeThreadHeap(
    in heap: UnsafeMutablePointer<Heap>
  ) -> ThreadHeapPointer? {
    guard let address = takeRecord(ThreadHeap.stride),
      let thread = unsafe ThreadHeapPointer(bitPattern: address)
    else { return nil }
    unsafe thread.initialize(to: ThreadHeap(heap: heap, empty: emptySpan))
    unsafe thread.pointee.nextOfAll = newestThread
    unsafe newestThread = thread
    return unsafe thread
  }

  /// Memory that stays what it becomes: `size` zeroed bytes, a multiple of 128, or nil. The lock is held.
  mutating func takeRecord(_ size: UInt) -> UInt? {
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

  // MARK: Forks

  /// Nothing is to be in disorder when the child begins.
  static func prepareToFork() {
    guard let heap = unsafe Heap.existing else { return }
    // The C library's fork does so too, but after this handler: who holds the list may wait for a stream
    // whose holder waits for the heap.
    if unsafe !heap.pointee.lock.isMine { Syscalls.lockStreams() }
    if unsafe heap.pointee.settings.isHardened {
      if unsafe heap.pointee.hardened.lock.isMine {
        unsafe heap.pointee.forksInsideHardened = true
      } else {
        unsafe heap.pointee.hardened.lock.lock()
      }
    }
    // A signal handler that forks may have interrupted this thread with the lock in its hands; its
    // child goes on where the handler returns, and lets go of it then.
    if unsafe heap.pointee.lock.isMine {
      unsafe heap.pointee.forksInsideLock = true
    } else {
      unsafe heap.pointee.lock.lock()
    }
  }

  static func endFork() { endFork(isChild: false) }

  private static func endFork(isChild: Bool) {
    guard let heap = unsafe Heap.existing else { return }
    let isInside = unsafe heap.pointee.forksInsideLock
    if isInside {
      unsafe heap.pointee.forksInsideLock = false
    } else {
      unsafe heap.pointee.lock.unlock()
    }
    if unsafe heap.pointee.forksInsideHardened {
      unsafe heap.pointee.forksInsideHardened = false
    } else if unsafe heap.pointee.settings.isHardened {
      unsafe heap.pointee.hardened.lock.unlock()
    }
    if isInside { return }
    if isChild { Syscalls.resetStreams() } else { Syscalls.unlockStreams() }
  }

  static func beginChild() {
    meetFork()
    endFork(isChild: true)
  }

  /// In a child: what the parent's other threads had in hand is nobody's any more. Once, whoever comes first.
  @inline(never)
  static func meetFork() {
    guard let heap = unsafe Heap.existing else { return }
    unsafe heap.pointee.fork.settle {
      unsafe heap.pointee.lock.disown()
      unsafe heap.pointee.hardened.lock.disown()
      unsafe heap.pointee.pageTables.meetFork()
      unsafe heap.pointee.purger.forget()
      unsafe heap.pointee.isPurging = false
      unsafe heap.finishCleaning()
    }
  }
}
