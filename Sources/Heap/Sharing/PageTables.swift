// SPDX-License-Identifier: MIT

// The page tables as the heap asks them. The descriptor of /proc/self/pagemap is kept open, at a high
// number where no program expects one of its own. A child of a fork has to open it anew, for the one
// that it inherits tells of its parent; a program may have closed it: then the number stands for
// nothing, or for a file that refuses the question, and it is opened anew, too.
//
// Threads ask at once, without a lock. The descriptor and what is known of it are one word: of several
// threads that open the file one puts its descriptor there, and the others close theirs. Who replaces a
// descriptor that a parent opened closes it, if the number still stands for that file.
//
//     none ──▶ open ──fork──▶ inherited ──▶ open          none, inherited ──▶ absent: there is no such file
//
// Invariant: a process has one descriptor of the page tables open at most, but for what a program has
// done to it.

internal import Pages
internal import Synchronization
internal import System

struct PageTables: ~Copyable {
  /// A `State` above, the descriptor below.
  private let word = Atomic<UInt64>(0)
  /// Which file that is: see ``Syscalls/fileIdentity(_:)``.
  private let identity = Atomic<UInt64>(0)

  private enum State: UInt32 {
    case none
    case open
    case inherited
    case absent
  }

  private static let lowestDescriptor: Int32 = 700

  /// What a scan does with the committed pages that it finds.
  enum Action {
    case count
    /// Clears them, unless more than a number of bytes are found: then the rest is only counted.
    case clear(limit: Int)
  }

  /// The bytes that are committed in a range; nil where nobody can tell.
  func committed(_ start: UInt, _ size: Int, _ action: Action) -> Int? {
    guard let first = descriptor() else { return nil }
    if let found = scan(first, start, size, action) { return found }
    // Perhaps somebody has closed it. Only who takes it out opens it anew.
    _ = word.compareExchange(
      expected: Self.word(.open, first), desired: 0, ordering: .acquiringAndReleasing)
    guard let second = descriptor() else { return nil }
    if let found = scan(second, start, size, action) { return found }
    if word.compareExchange(
      expected: Self.word(.open, second), desired: Self.word(.absent),
      ordering: .acquiringAndReleasing
    ).exchanged {
      Syscalls.close(second)
    }
    return nil
  }

  /// In a child: the descriptor tells of the parent.
  func meetFork() {
    let now = word.load(ordering: .relaxed)
    let isOpen = Self.state(now) == .open
    let next = isOpen ? Self.word(.inherited, Int32(truncatingIfNeeded: now)) : 0
    word.store(next, ordering: .relaxed)
  }

  private static func word(_ state: State, _ descriptor: Int32 = 0) -> UInt64 {
    UInt64(state.rawValue) &<< 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  private static func state(_ word: UInt64) -> State {
    State(rawValue: UInt32(truncatingIfNeeded: word &>> 32)) ?? .none
  }

  private func descriptor() -> Int32? {
    while true {
      let now = word.load(ordering: .acquiring)
      let state = Self.state(now)
      let known = Int32(truncatingIfNeeded: now)
      if state == .open { return known }
      if state == .absent { return nil }
      let inherited = identity.load(ordering: .relaxed)
      var opened: Int32 = -1
      if let low = try? Syscalls.openForReading("/proc/self/pagemap") {
        opened = Syscalls.raiseDescriptor(low, Self.lowestDescriptor)
      }
      let isMine = word.compareExchange(
        expected: now, desired: opened < 0 ? Self.word(.absent) : Self.word(.open, opened),
        ordering: .acquiringAndReleasing
      ).exchanged
      if isMine {
        if opened >= 0 { identity.store(Syscalls.fileIdentity(opened), ordering: .relaxed) }
        if state == .inherited, inherited != 0, Syscalls.fileIdentity(known) == inherited {
          Syscalls.close(known)
        }
        return opened < 0 ? nil : opened
      }
      if opened >= 0 { Syscalls.close(opened) }
    }
  }

  private func scan(_ descriptor: Int32, _ start: UInt, _ size: Int, _ action: Action) -> Int? {
    let question = PageScan(excludesFilePages: false, reportsHugePages: false)
    let end = VirtualAddress(rawValue: start &+ UInt(size))
    var position = VirtualAddress(rawValue: start)
    var found = 0
    while position < end {
      do throws(SystemCallFailure) {
        position = try Syscalls.scanPages(descriptor, from: position, to: end, question) { run in
          found &+= (run.end - run.start).rawValue
          if case .clear(let limit) = action, found <= limit {
            Syscalls.clearBytes(run.start.rawValue, (run.end - run.start).rawValue)
          }
        }
      } catch {
        return nil
      }
    }
    return found
  }
}
