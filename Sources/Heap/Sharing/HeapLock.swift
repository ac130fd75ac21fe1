// SPDX-License-Identifier: MIT

// The heap's lock, and the proof that it is held.
//
// What is shared between threads off the fast path lies in a ``Guarded``: nobody reaches it but in the braces of
// `withLock`, which hands on a ``Held`` besides. Only this file makes one, and it can be neither copied nor kept: a
// function that takes it is called with the lock held, or the program does not compile. No system call but those
// that map is made there.
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
  fileprivate var isMine: Bool { holder.load(ordering: .relaxed) == Syscalls.threadIdentity }

  @inline(__always)
  fileprivate borrowing func lock() {
    if !fork.isSettled { Heap.meetFork() }
    if holder.compareExchange(
      expected: 0, desired: Syscalls.threadIdentity, ordering: .acquiring
    ).exchanged {
      return
    }
    wait()
  }

  @inline(__always)
  fileprivate borrowing func unlock() {
    // Sequentially consistent: who has counted itself before is seen, or sees that the lock is free.
    holder.store(0, ordering: .sequentiallyConsistent)
    if waiters.load(ordering: .sequentiallyConsistent) != 0 { wakeOne() }
  }

  /// Does something with the lock held.
  @inline(__always)
  borrowing func withLock<Result>(_ body: (borrowing Held) -> Result) -> Result {
    lock()
    let result = body(Held())
    unlock()
    return result
  }

  /// In a child: lets go of it for a thread of the parent.
  fileprivate borrowing func disown() {
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

/// That the calling thread holds a lock: made by `withLock` alone, and gone with it.
struct Held: ~Copyable, ~Escapable {
  @_lifetime(immortal)
  @inline(__always)
  fileprivate init() {}
}

/// A value and the lock without which nobody gets at it.
@safe struct Guarded<Value: ~Copyable>: ~Copyable {
  fileprivate let lock: HeapLock
  fileprivate var value: Value

  init(_ value: consuming Value, fork: ForkWord) {
    lock = HeapLock(fork: fork)
    self.value = value
  }
}

extension UnsafeMutablePointer where Pointee: ~Copyable {
  /// Hands on the value, with the lock held.
  @inline(__always)
  func withLock<Value: ~Copyable, Result>(
    _ body: (inout Value, borrowing Held) -> Result
  ) -> Result where Pointee == Guarded<Value> {
    unsafe pointee.lock.lock()
    let result = unsafe body(&pointee.value, Held())
    unsafe pointee.lock.unlock()
    return result
  }
}

// MARK: Forks

extension UnsafeMutablePointer where Pointee: ~Copyable {
  /// In the child of a fork, before any other thread is there: hands on the value without its lock.
  func withForkedValue<Value: ~Copyable>(
    _ body: (inout Value) -> Void
  ) where Pointee == Guarded<Value> {
    unsafe body(&pointee.value)
  }
}

/// A lock that a thread takes before it forks, and lets go of in both processes: the only use of a lock that is
/// not a pair of braces. For Forks.swift.
@safe struct ForkedLock {
  private let lock: UnsafePointer<HeapLock>

  init(_ lock: UnsafePointer<HeapLock>) {
    unsafe self.lock = lock
  }

  init<Value: ~Copyable>(of guarded: UnsafeMutablePointer<Guarded<Value>>) {
    // SAFETY: a guarded value in the heap never moves.
    unsafe self.init(withUnsafePointer(to: guarded.pointee.lock) { unsafe $0 })
  }

  /// Whether the calling thread holds it already: then a signal handler forks that has interrupted it.
  var isMine: Bool { unsafe lock.pointee.isMine }

  func takeBeforeFork() { unsafe lock.pointee.lock() }

  func releaseAfterFork() { unsafe lock.pointee.unlock() }

  /// In a child: lets go of it for a thread of the parent.
  func disown() { unsafe lock.pointee.disown() }
}
