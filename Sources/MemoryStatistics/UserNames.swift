// SPDX-License-Identifier: MIT

/// The names of users, each looked up once.
public struct UserNames {
  private var names: [UInt32: String] = [:]

  /// A table that is filled as names are asked for.
  public init() {}

  /// The user's name, or the number where it has none.
  public mutating func name(of user: UInt32) -> String {
    if let name = names[user] { return name }
    let name = Kernel.userName(user) ?? "\(user)"
    names[user] = name
    return name
  }

  /// The number of a user given by name or number, or nil where there is none.
  public static func number(of user: String) -> UInt32? {
    Kernel.userNumber(user) ?? UInt32(user)
  }
}
