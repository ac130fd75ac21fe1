// SPDX-License-Identifier: MIT

import Foundation
import Synchronization
import Testing

@testable import MemoryStatistics

/// Names that come and go.
@Suite struct UserNamesTests {
  /// A directory whose answers the test sets.
  private final class Directory: Sendable {
    let state = Mutex((answer: UserNameAnswer.none, asked: 0))

    func set(_ answer: UserNameAnswer) { state.withLock { $0.answer = answer } }
    var asked: Int { state.withLock { $0.asked } }

    func ask() -> UserNameAnswer {
      state.withLock { state in
        state.asked += 1
        return state.answer
      }
    }
  }

  @Test func `a name that comes later is seen, and one that is known stays for a while`() {
    let directory = Directory()
    var names = UserNames(asking: { _ in directory.ask() })
    let start = Kernel.now
    #expect(names.name(of: 4_000_000) == "4000000")
    directory.set(.name("late"))
    names.refresh(now: start)
    #expect(names.name(of: 4_000_000) == "4000000" && directory.asked == 1, "not each time")
    let later = start + 2 * UserNames.lifetimeOfNone
    names.refresh(now: later)
    #expect(names.name(of: 4_000_000) == "late" && directory.asked == 2)
    // Away: what was known is still the best answer; asked again sooner than a name would be.
    directory.set(.failed)
    let much = later + 2 * UserNames.lifetime
    names.refresh(now: much)
    #expect(names.name(of: 4_000_000) == "late" && directory.asked == 3)
    directory.set(.name("renamed"))
    names.refresh(now: much + 2 * UserNames.lifetimeOfNone)
    #expect(names.name(of: 4_000_000) == "renamed")
    directory.set(.none)
    names.refresh(now: much + 4 * UserNames.lifetime)
    #expect(names.name(of: 4_000_000) == "4000000")
  }

  /// The directory answers when the test lets it, and a view goes on with the number until then.
  @Test func `a view never waits for a name`() {
    let gate = DispatchSemaphore(value: 0)
    var names = UserNames(
      isPatient: false,
      asking: { _ in
        gate.wait()
        return .name("slow")
      })
    #expect(names.name(of: 7) == "7")
    #expect(names.name(of: 7) == "7")
    gate.signal()
    for _ in 0..<5000 where names.name(of: 7) == "7" { usleep(2000) }
    #expect(names.name(of: 7) == "slow")
  }
}
