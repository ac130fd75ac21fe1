// SPDX-License-Identifier: MIT

/// The names of users, each looked up once.
public struct UserNames {
  // Two lists that are looked through: users are few, and those of neighbouring rows the same.
  private var users: [UInt32] = []
  private var names: [String] = []

  /// A table that is filled as names are asked for.
  public init() {}

  /// The user's name, or the number where it has none.
  public mutating func name(of user: UInt32) -> String {
    if let place = users.firstIndex(of: user) { return names[place] }
    let name = Kernel.userName(user) ?? "\(user)"
    users.append(user)
    names.append(name)
    return name
  }

  /// The number of a user given by name or number, or nil where there is none.
  public static func number(of user: String) -> UInt32? {
    Kernel.userNumber(user) ?? UInt32(user)
  }
}
