// SPDX-License-Identifier: MIT

// The thread that gives idle memory back. It is started when more than a little waits, sleeps from
// tick to tick, and ends when nothing is left: an idle program has one thread less.
//
// It is no thread of the C library's (heap.c says why). A fork's child has none, and starts its own. While a
// process changes what it may do there is none either (rights.c).
//
// Where it can't be started (other processors, a program with a large thread area, a refused clone) memory
// goes back when the program frees.

internal import Pages
internal import Synchronization
internal import System

struct Purger: ~Copyable {
  /// Its stack and thread area, mapped once. Near the end, in a page that the area has touched anyway, is
  /// a word that is not 0 while it runs: the kernel sets it to 0 when the stack is free again.
  private var stack: UInt = 0
  /// It could not be started, and is not tried again.
  private(set) var isRefused = false

  private static let stackSize = 64 << 10
  /// Ticks without work after which it ends.
  private static let patience = 2

  private var running: UnsafeMutablePointer<Int32>? {
    stack == 0
      ? nil : unsafe UnsafeMutablePointer(bitPattern: stack &+ UInt(Self.stackSize &- 64))
  }

  var isRunning: Bool { unsafe running.map { unsafe $0.pointee != 0 } ?? false }

  /// With the heap's lock held.
  mutating func start(_ heap: UnsafeMutablePointer<Heap>) {
    if isRunning { return }
    let before = Syscalls.errorNumber
    if stack == 0 {
      let size = ByteCount(Self.stackSize)
      stack = (try? Syscalls.mapAnonymous(size: size, traits: MappingTraits()))?.rawValue ?? 0
    }
    if let running = unsafe running {
      let outcome = unsafe Syscalls.startThread(
        stack: stack, size: Self.stackSize, running: running, argument: heap
      ) { argument in
        unsafe Purger.run(argument)
        return 0
      }
      if outcome == .notPossible { isRefused = true }
    } else {
      isRefused = true
    }
    Syscalls.errorNumber = before
  }

  private static func run(_ argument: UnsafeMutableRawPointer?) {
    guard let heap = unsafe argument?.assumingMemoryBound(to: Heap.self) else { return }
    let delay = unsafe heap.pointee.settings.purgeDelay
    var quiet = 0
    while quiet < patience {
      if Syscalls.pauseThread(microseconds: max(delay, 1) &* 1000) { return }
      quiet = unsafe heap.purge(all: false) ? 0 : quiet &+ 1
    }
  }

  /// In the child of a fork, where it does not run.
  mutating func forget() {
    Syscalls.forgetThread()
    isRefused = false
    if let running = unsafe running { unsafe running.pointee = 0 }
  }
}
