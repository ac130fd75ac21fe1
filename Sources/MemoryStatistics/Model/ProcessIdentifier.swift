// SPDX-License-Identifier: MIT

/// A process's number, in the pid namespace of whoever asks.
public struct ProcessIdentifier: RawRepresentable, Sendable, Hashable, Comparable, BitwiseCopyable {
  public var rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// Creates an identifier.
  public init(_ number: Int32) {
    rawValue = number
  }

  /// The first process: it is never killed for lack of memory where it is the machine's own.
  public static let first = ProcessIdentifier(1)

  public static func < (left: ProcessIdentifier, right: ProcessIdentifier) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension ProcessIdentifier: ExpressibleByIntegerLiteral, CustomStringConvertible {
  public init(integerLiteral value: Int32) {
    rawValue = value
  }

  public var description: String { "\(rawValue)" }
}
