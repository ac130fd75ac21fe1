// SPDX-License-Identifier: MIT

// A word that says whether this process is the child of a fork and has not noticed yet. It lies in a page of its
// own that the kernel clears in the child of each fork (MADV_WIPEONFORK, Linux 4.14), told of or not. A process
// that shares the memory (vfork) is no such child, and finds the word as it was: a process's number could not
// tell the two apart.
//
//     settled ──fork──▶ wiped (0) ──the first who looks──▶ settling ──▶ settled
//                                                              ▲
//                                                others wait ──┘
//
// Whoever takes one of the heap's locks looks first. So nobody in a child holds one before the word is settled,
// and who holds it then, but for the thread that settles, is a thread of the parent.

internal import Pages
internal import Synchronization
internal import System

struct ForkWord: BitwiseCopyable {
  /// 0 where the kernel has no such pages: then only forks that the heap is told of are known.
  let address: UInt

  private static let settled: UInt32 = 1
  private static let settling: UInt32 = 2

  /// A word in a new page, settled.
  static func make() -> ForkWord {
    let size = Syscalls.pageSize.bytes
    guard let page = try? Syscalls.mapAnonymous(size: size, traits: MappingTraits()) else {
      return ForkWord(address: 0)
    }
    guard (try? Syscalls.advise(page, size: size, .wipeOnFork)) != nil else {
      Syscalls.unmapOwn(page, size: size)
      return ForkWord(address: 0)
    }
    let word = ForkWord(address: page.rawValue)
    unsafe word.value.pointee.store(settled, ordering: .relaxed)
    return word
  }

  func unmap() {
    if address == 0 { return }
    Syscalls.unmapOwn(VirtualAddress(rawValue: address), size: Syscalls.pageSize.bytes)
  }

  @inline(__always)
  private var value: UnsafeMutablePointer<Atomic<UInt32>> {
    // SAFETY: the page stays mapped as long as the heap.
    unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }

  @inline(__always)
  var isSettled: Bool {
    unsafe address == 0 || value.pointee.load(ordering: .acquiring) == Self.settled
  }

  /// In a child: has one thread do what is due, while others wait for it.
  func settle(_ body: () -> Void) {
    if address == 0 { return body() }
    guard
      unsafe value.pointee.compareExchange(
        expected: 0, desired: Self.settling, ordering: .acquiring
      ).exchanged
    else {
      while !isSettled { Syscalls.sleep(microseconds: 50) }
      return
    }
    body()
    unsafe value.pointee.store(Self.settled, ordering: .releasing)
  }
}
