// SPDX-License-Identifier: MIT

/// What is wrong with a trace, and where.
public struct TraceError: Error, Sendable, Hashable {
  /// What is wrong.
  public enum Problem: Sendable, Hashable {
    case empty
    case missingField
    case unexpectedField
    case notANumber
    case negativeNumber
    case numberTooLarge(limit: Int)
    case unknownVerb
    /// An id that was never requested.
    case unknownID(Int)
    /// An id that is in use, or was.
    case repeatedID(Int)
    /// An id that is freed already.
    case freedTwice(Int)
    /// Ids count from 0 without gaps.
    case skippedID(expected: Int)
    /// Of malloc-lab: an id that is not allocated, now or yet.
    case notAllocated(Int)
    /// Of malloc-lab: the trace declares fewer ids.
    case undeclaredID(declared: Int)
    case tooFewEvents(expected: Int, found: Int)
    case tooManyEvents(expected: Int)
    /// The file can't be read; the system's error number.
    case unreadable(Int32)
  }

  public var problem: Problem
  /// The line, from 1.
  public var line: Int
  /// The field in the line, from 1.
  public var field: Int

  public init(problem: Problem, line: Int, field: Int) {
    self.problem = problem
    self.line = line
    self.field = field
  }
}

extension TraceError: CustomStringConvertible {
  public var description: String { "line \(line), field \(field): \(problem)" }
}

extension TraceError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "the trace is empty"
    case .missingField: "a field is missing"
    case .unexpectedField: "there is more than the line should have"
    case .notANumber: "this is not a whole number"
    case .negativeNumber: "the number is negative"
    case .numberTooLarge(let limit): "the number is above \(limit)"
    case .unknownVerb: "this is none of the verbs of a trace"
    case .unknownID(let id): "the id \(id) has not been requested"
    case .repeatedID(let id): "the id \(id) has been requested before"
    case .freedTwice(let id): "the id \(id) has been freed before"
    case .skippedID(let expected): "the next id would be \(expected)"
    case .notAllocated(let id): "the id \(id) is not allocated"
    case .undeclaredID(let declared): "the trace declares \(declared) ids, which are below that"
    case .tooFewEvents(let expected, let found):
      "the trace ends after \(found) of \(expected) events"
    case .tooManyEvents(let expected): "the trace has more than the \(expected) events it declares"
    case .unreadable(let number): "the trace can't be read (error \(number))"
    }
  }
}
