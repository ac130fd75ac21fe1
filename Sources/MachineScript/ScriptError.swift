// SPDX-License-Identifier: MIT

internal import Pages
public import PhysicalMemory

/// Why a script cannot be parsed or stops, and on which line.
public struct ScriptError: Error, Sendable {
  /// What is wrong.
  public enum Problem: Error, Sendable {
    /// Something that the statement needs is missing.
    case missing(String)
    /// A word too many.
    case unexpected(String)
    /// A word that should be a number, a size or one of some words.
    case invalid(String, expected: String)
    /// There is no such verb.
    case unknownVerb(String)
    /// The name is not defined.
    case unknownName(String)
    /// There is no such figure of the machine.
    case unknownFigure(String)
    /// The name stands for something else.
    case otherKind(String, is: String, expected: String)
    /// `end` without `repeat`, or the other way round.
    case unmatched(String)
    /// `machine` is not the first statement.
    case machineNotFirst
    /// Two words give the same setting of the machine.
    case excluded(String, by: String)
    /// The machine that the script describes is invalid.
    case impossible(MachineError)
    /// `repeat` inside too many others.
    case tooDeep
    /// More statements would run than the limit allows.
    case tooManyStatements(Int)
    /// A calculation without a result.
    case noResult(String)
    /// What was expected did not hold.
    case unexpectedFigure(left: String, comparison: String, right: String)
    /// `fails`, but it did not.
    case didNotFail
    /// The machine's invariants do not hold.
    case broken([String])
    /// The machine refused.
    case refused(MachineError)
  }

  /// What is wrong.
  public var problem: Problem
  /// The line, from 1; 0 if no line of the script is to blame.
  public var line: Int
  /// The statement as written.
  public var statement: String

  /// Whether the script is well formed and an expectation failed.
  public var isOutcome: Bool {
    switch problem {
    case .unexpectedFigure, .didNotFail, .broken, .refused: line > 0
    default: false
    }
  }
}

extension ScriptError: CustomStringConvertible {
  public var description: String {
    line == 0 ? "\(problem)" : "line \(line), \"\(statement)\": \(problem)"
  }
}

extension ScriptError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let what): "\(what) is missing"
    case .unexpected(let word): "\"\(word)\" is one word too many"
    case .invalid(let word, let expected): "\"\(word)\" is not \(expected)"
    case .unknownVerb(let word): "\"\(word)\" is not a verb of scripts"
    case .unknownName(let name): "nothing is called \"\(name)\""
    case .unknownFigure(let name): "\"\(name)\" is neither a figure nor a name"
    case .otherKind(let name, let kind, let expected): "\"\(name)\" is \(kind), not \(expected)"
    case .unmatched(let word): "\"\(word)\" has no partner"
    case .machineNotFirst: "only the first statement can describe the machine"
    case .excluded(let word, let other): "\"\(word)\" and \"\(other)\" exclude each other"
    case .impossible(let error): "\(error)"
    case .tooDeep: "repeats nest at most \(MachineScript.deepest) deep"
    case .tooManyStatements(let limit): "the script runs more than \(limit) statements"
    case .noResult(let text): "\(text) has no result"
    case .unexpectedFigure(let left, let comparison, let right):
      "expected \(comparison) \(right), found \(left)"
    case .didNotFail: "it was expected to fail, and did not"
    case .broken(let list): "the machine is broken: \(list.joined(separator: "; "))"
    case .refused(let error): "\(error)"
    }
  }
}
