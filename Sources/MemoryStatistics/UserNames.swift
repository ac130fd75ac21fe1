// SPDX-License-Identifier: MIT

// Names may be asked of a server across the network: it takes time, it may be away, and a number may get
// its name later. So a name is asked again after ten minutes and a number without one after thirty
// seconds; what has a name keeps it while the server does not answer. A live view never waits: names are
// asked for in a thread of its own, and until then the number is shown.

internal import Synchronization

/// The names of users, each looked up once in a while.
public struct UserNames {
  private struct Entry {
    var user: UInt32
    var name: String
    /// When to ask again, in nanoseconds of the monotonic clock.
    var due: Int
  }

  // A list that is looked through: users are few, and those of neighbouring rows the same.
  private var entries: [Entry] = []
  private let lookup: NameLookup?
  private let ask: @Sendable (UInt32) -> UserNameAnswer

  static let lifetime = 600_000_000_000
  static let lifetimeOfNone = 30_000_000_000

  /// A table that is filled as names are asked for.
  ///
  /// - Parameter isPatient: false for a view that shows numbers until names are known.
  public init(isPatient: Bool = true) {
    self.init(isPatient: isPatient, asking: Kernel.userName)
  }

  /// A table that asks somebody else.
  init(isPatient: Bool = true, asking ask: @escaping @Sendable (UInt32) -> UserNameAnswer) {
    self.ask = ask
    lookup = isPatient ? nil : NameLookup(asking: ask)
  }

  /// The user's name, or the number where it has none.
  public mutating func name(of user: UInt32) -> String {
    if let entry = entries.first(where: { $0.user == user }) { return entry.name }
    guard let answer = answer(of: user) else { return "\(user)" }
    entries.append(Entry(user: user, name: "\(user)", due: 0))
    take(answer, at: entries.count - 1, now: Kernel.now)
    return entries[entries.count - 1].name
  }

  /// Asks again what was asked long ago: to be called now and then by who lives long.
  public mutating func refresh() { refresh(now: Kernel.now) }

  mutating func refresh(now: Int) {
    for index in entries.indices where entries[index].due <= now {
      if let answer = answer(of: entries[index].user) { take(answer, at: index, now: now) }
    }
  }

  private func answer(of user: UInt32) -> UserNameAnswer? {
    if let lookup { return lookup.answer(of: user) }
    return ask(user)
  }

  private mutating func take(_ answer: UserNameAnswer, at index: Int, now: Int) {
    switch answer {
    case .name(let name):
      entries[index].name = name
      entries[index].due = now + Self.lifetime
      return
    case .none: entries[index].name = "\(entries[index].user)"
    case .failed: break
    }
    entries[index].due = now + Self.lifetimeOfNone
  }

  /// The number of a user given by name or number, or nil where there is none.
  public static func number(of user: String) -> UInt32? {
    Kernel.userNumber(user) ?? UInt32(user)
  }
}

/// What was answered when a user's name was asked for.
enum UserNameAnswer: Sendable, Hashable {
  case name(String)
  case none
  /// Nobody could say.
  case failed
}

/// Asks for names in a thread that ends when there is nothing more to ask.
private final class NameLookup: Sendable {
  private struct State {
    var wanted: [UInt32] = []
    var answers: [UInt32: UserNameAnswer] = [:]
    var isAtWork = false
  }

  private let state = Mutex(State())
  private let ask: @Sendable (UInt32) -> UserNameAnswer

  init(asking ask: @escaping @Sendable (UInt32) -> UserNameAnswer) {
    self.ask = ask
  }

  /// The answer, which is given once, or nil while it is being asked for.
  func answer(of user: UInt32) -> UserNameAnswer? {
    let (answer, starts) = state.withLock { state -> (UserNameAnswer?, Bool) in
      if let answer = state.answers.removeValue(forKey: user) { return (answer, false) }
      if !state.wanted.contains(user) { state.wanted.append(user) }
      defer { state.isAtWork = true }
      return (nil, !state.isAtWork)
    }
    if starts { Kernel.runBeside { self.work() } }
    return answer
  }

  private func work() {
    while let user = next() {
      let answer = ask(user)
      state.withLock { state in
        state.answers[user] = answer
        state.wanted.removeAll { $0 == user }
      }
    }
  }

  private func next() -> UInt32? {
    state.withLock { state in
      if state.wanted.isEmpty { state.isAtWork = false }
      return state.wanted.first
    }
  }
}
