// SPDX-License-Identifier: MIT

// The one lock of the heap. It guards what is shared between threads and rarely used: segments, the
// list of parked thread heaps, recycled mappings. No system call but those that map is made under it.
//
// Who waits spins for a moment, and then sleeps (futex) until somebody lets go of it:
//
//     wait                                unlock
//     waiters + 1                         holder = 0
//     sequence as it is ── try again      waiters ≠ 0 ?
//     sleep while it is so                sequence + 1, wake one
//
// A fork may come at any time, from a signal handler that interrupted this very code, too. In the child
// the holder does not exist, unless it is the thread that forked. The first who comes by there lets go of
// the lock for it (ForkWord.swift); a thread that holds it already does not wait for itself.

internal import Synchronization
internal import System

struct HeapLock: ~Copyable {
  /// The identity of the thread that holds it, or 0.
  private let holder: Atomic<UInt>
  /// Threads that sleep, or are about to.
  private let waiters: Atomic<UInt32>
  /// Counts wakes; its address is what they sleep on.
  private let sequence: Atomic<UInt32>

  private static let spins = 100
  /// Microseconds after which a sleeper looks again unasked.
  private static let patience = 100_000

  private let fork: ForkWord

  init(fork: ForkWord) {
    self.fork = fork
    holder = Atomic(0)
    waiters = Atomic(0)
    sequence = Atomic(0)
  }

  /// Whether the calling thread holds it.
  var isMine: Bool { holder.load(ordering: .relaxed) == Syscalls.threadIdentity }

  @inline(__always)
  borrowing func lock() {
    if !fork.isSettled { Heap.meetFork() }
    if holder.compareExchange(
      expected: 0, desired: Syscalls.threadIdentity, ordering: .acquiring
    ).exchanged {
      return
    }
    wait()
  }

  @inline(__always)
  borrowing func unlock() {
    // Sequentially consistent: who has counted itself before is seen, or sees that the lock is free.
    holder.store(0, ordering: .sequentiallyConsistent)
    if waiters.load(ordering: .sequentiallyConsistent) != 0 { wakeOne() }
  }

  /// In a child: lets go of it for a thread of the parent.
  borrowing func disown() {
    waiters.store(0, ordering: .relaxed)
    if !isMine { holder.store(0, ordering: .releasing) }
  }

  @inline(never)
  private borrowing func wakeOne() {
    sequence.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let before = Syscalls.errorNumber
    unsafe Syscalls.wake(on: word)
    Syscalls.errorNumber = before
  }

  private var word: UnsafeMutablePointer<UInt32> {
    // SAFETY: an atomic number lies where its structure does, and a lock never moves.
    unsafe withUnsafePointer(to: sequence) {
      unsafe UnsafeMutablePointer(
        bitPattern: UInt(bitPattern: $0)
      ).unsafelyUnwrapped
    }
  }

  private borrowing func tryLock() -> Bool {
    holder.load(ordering: .relaxed) == 0
      && holder.compareExchange(
        expected: 0, desired: Syscalls.threadIdentity, ordering: .sequentiallyConsistent
      ).exchanged
  }

  @inline(never)
  private borrowing func wait() {
    for _ in 0..<Self.spins {
      if tryLock() { return }
      Syscalls.pause()
    }
    let before = Syscalls.errorNumber
    waiters.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while true {
      let now = sequence.load(ordering: .sequentiallyConsistent)
      if tryLock() { break }
      unsafe Syscalls.wait(on: word, while: now, microseconds: Self.patience)
    }
    waiters.wrappingSubtract(1, ordering: .relaxed)
    Syscalls.errorNumber = before
  }
}
