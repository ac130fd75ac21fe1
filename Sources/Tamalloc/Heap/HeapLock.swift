// SPDX-License-Identifier: MIT

// The one lock of the heap. It guards what is shared between threads and rarely used: segments, the
// list of parked thread heaps, recycled mappings. No system call but those that map is made under it.
//
// A fork may come at any time, from a signal handler that interrupted this very code, too. The word
// says which thread holds the lock, and another which process: a child of a fork in which the holder
// does not exist takes it over, and a thread that holds it already does not wait for itself.

internal import Synchronization

struct HeapLock: ~Copyable {
  /// The identity of the thread that holds it, or 0.
  private let holder: Atomic<UInt>
  /// The process in which it was taken.
  private let process: Atomic<Int>

  init() {
    holder = Atomic(0)
    process = Atomic(0)
  }

  /// Whether the calling thread holds it.
  var isMine: Bool { holder.load(ordering: .relaxed) == Syscalls.threadIdentity }

  @inline(__always)
  borrowing func lock() {
    if holder.compareExchange(
      expected: 0, desired: Syscalls.threadIdentity, ordering: .acquiring
    ).exchanged {
      return
    }
    wait()
  }

  @inline(__always)
  borrowing func unlock() {
    holder.store(0, ordering: .releasing)
  }

  /// Notes the process, before a fork and after it: a lock that another process took is nobody's.
  borrowing func note(process number: Int) { process.store(number, ordering: .relaxed) }

  @inline(never)
  private borrowing func wait() {
    let mine = Syscalls.threadIdentity
    var rounds = 0
    while true {
      let now = holder.load(ordering: .relaxed)
      if now == 0 {
        if holder.compareExchange(expected: 0, desired: mine, ordering: .acquiring).exchanged {
          return
        }
        continue
      }
      rounds &+= 1
      if rounds < 64 {
        continue
      } else if rounds < 1024 {
        Syscalls.yieldProcessor()
      } else {
        // The holder may be a thread of the parent of a fork that told nobody.
        let pid = Syscalls.processNumber
        let known = process.load(ordering: .relaxed)
        if pid != known,
          process.compareExchange(expected: known, desired: pid, ordering: .relaxed).exchanged
        {
          if holder.compareExchange(expected: now, desired: mine, ordering: .acquiring).exchanged {
            return
          }
        }
        Syscalls.sleep(microseconds: 50)
      }
    }
  }
}
