// SPDX-License-Identifier: MIT

/// What is wrong with a trace, and where.
public struct TraceError: Error, Sendable, Hashable {
  /// What is wrong.
  public enum Problem: Sendable, Hashable {
    /// There is no line.
    case empty
    /// A line ends too early.
    case missingField
    /// A line goes on behind its end.
    case unexpectedField
    /// A number is expected.
    case notANumber
    /// The number is below 0.
    case negativeNumber
    /// The number is above the limit.
    case numberTooLarge(limit: Int)
    /// The first word is no kind of event.
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
    /// The trace ends before the number of events that it declares.
    case tooFewEvents(expected: Int, found: Int)
    /// The trace goes on behind that number.
    case tooManyEvents(expected: Int)
    /// The file can't be read; the system's error number.
    case unreadable(Int32)
  }

  /// What is wrong.
  public var problem: Problem
  /// The line, from 1.
  public var line: Int
  /// The field in the line, from 1.
  public var field: Int

  /// What is wrong, and where.
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
