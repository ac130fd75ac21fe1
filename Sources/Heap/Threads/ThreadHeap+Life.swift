// SPDX-License-Identifier: MIT

// Beginning and end of a thread, as the heap sees them.

internal import Pages
internal import Synchronization
internal import System

extension ThreadHeap {
  /// Gives the calling thread a heap: one that an ended thread has left, or a new one.
  @inline(never)
  static func begin() -> ThreadHeapPointer? {
    guard let heap = unsafe Heap.shared else { return nil }
    let found = unsafe heap.guarded.withLock { shared, _ in
      let found = unsafe shared.threads.adopt() ?? shared.threads.make(in: heap)
      if unsafe heap.pointee.settings.isHardened, unsafe heap.pointee.hardened.thread == nil {
        unsafe heap.pointee.hardened.thread = shared.threads.make(in: heap)
      }
      return unsafe found
    }
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
    unsafe thread.pointee.heap.guarded.withLock { shared, _ in unsafe shared.threads.park(thread) }
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
