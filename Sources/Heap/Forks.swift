// SPDX-License-Identifier: MIT

// Forks. A thread that forks takes the heap's locks first, so that nothing is in disorder when the child begins,
// and lets go of them afterwards, in both processes. No other code uses a lock but by `withLock`.
//
//     prepareToFork:  streams ─▶ hardened ─▶ heap      the C library forks      endFork: in the other order
//
// A fork that the heap is not told of is met by whoever takes a lock first in the child (ForkWord.swift).

internal import Pages
internal import Synchronization
internal import System

/// What a forking thread has found.
struct ForkState {
  /// It held the heap's lock when the fork came.
  fileprivate var isInsideLock = false
  /// The same, of the hardened mode's.
  fileprivate var isInsideHardened = false
}

extension UnsafeMutablePointer where Pointee == Heap {
  fileprivate var forkedLock: ForkedLock { unsafe ForkedLock(of: guarded) }

  fileprivate var forkedHardenedLock: ForkedLock {
    unsafe ForkedLock(withUnsafePointer(to: pointee.hardened.lock) { unsafe $0 })
  }
}

extension Heap {
  /// Nothing is to be in disorder when the child begins.
  static func prepareToFork() {
    guard let heap = unsafe Heap.existing else { return }
    let lock = unsafe heap.forkedLock
    // The C library's fork does so too, but after this handler: who holds the list may wait for a stream
    // whose holder waits for the heap.
    if !lock.isMine { Syscalls.lockStreams() }
    if unsafe heap.pointee.settings.isHardened {
      let hardened = unsafe heap.forkedHardenedLock
      if hardened.isMine {
        unsafe heap.pointee.forks.isInsideHardened = true
      } else {
        hardened.takeBeforeFork()
      }
    }
    // A signal handler that forks may have interrupted this thread with the lock in its hands; its
    // child goes on where the handler returns, and lets go of it then.
    if lock.isMine {
      unsafe heap.pointee.forks.isInsideLock = true
    } else {
      lock.takeBeforeFork()
    }
  }

  static func endFork() { endFork(isChild: false) }

  private static func endFork(isChild: Bool) {
    guard let heap = unsafe Heap.existing else { return }
    let isInside = unsafe heap.pointee.forks.isInsideLock
    if isInside {
      unsafe heap.pointee.forks.isInsideLock = false
    } else {
      unsafe heap.forkedLock.releaseAfterFork()
    }
    if unsafe heap.pointee.forks.isInsideHardened {
      unsafe heap.pointee.forks.isInsideHardened = false
    } else if unsafe heap.pointee.settings.isHardened {
      unsafe heap.forkedHardenedLock.releaseAfterFork()
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
      unsafe heap.forkedLock.disown()
      unsafe heap.forkedHardenedLock.disown()
      unsafe heap.pointee.pageTables.meetFork()
      // Nobody else is here yet; and this thread may be one that held the lock already.
      unsafe heap.guarded.withForkedValue { shared in
        shared.purge.purger.forget()
        shared.purge.isPurging = false
        shared.finishCleaning()
      }
    }
  }
}
