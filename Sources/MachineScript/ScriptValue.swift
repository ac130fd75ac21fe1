// SPDX-License-Identifier: MIT

// The values that `expect`, `let` and `show` compute with.
//
//     expression   figure, then + - * / and a further figure, from left to right, * and / first
//     figure       a number, a name of `let`, or the name of a figure and what it is of: free Normal
//
// Signs stand between spaces, so that names may have a - in them.

internal import PhysicalMemory

/// A number or a word.
enum ScriptValue: Hashable, CustomStringConvertible {
  case number(Int)
  case word(String)

  var description: String {
    switch self {
    case .number(let value): "\(value)"
    case .word(let word): word
    }
  }
}

/// How two values are compared.
enum ScriptComparison: String {
  case equal = "="
  case unequal = "!="
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="

  func holds(_ left: ScriptValue, _ right: ScriptValue) throws(ScriptError.Problem) -> Bool {
    switch self {
    case .equal: return left == right
    case .unequal: return left != right
    default: break
    }
    guard case .number(let left) = left, case .number(let right) = right else {
      throw .noResult("comparing words with \(rawValue)")
    }
    switch self {
    case .less: return left < right
    case .atMost: return left <= right
    case .greater: return left > right
    default: return left >= right
    }
  }
}

extension ScriptRun {
  private static let signs: Set<String> = ["+", "-", "*", "/"]

  /// What an expression comes to.
  func value(of words: ArraySlice<String>) throws -> ScriptValue {
    var terms: [ScriptValue] = []
    var signs: [String] = []
    for part in words.split(omittingEmptySubsequences: false, whereSeparator: Self.signs.contains) {
      guard !part.isEmpty else { throw ScriptError.Problem.missing("a figure") }
      if part.startIndex > words.startIndex { signs.append(words[part.startIndex - 1]) }
      let term = try figure(Array(part))
      if let sign = signs.last, sign == "*" || sign == "/", signs.count == terms.count {
        signs.removeLast()
        terms.append(try Self.calculate(terms.removeLast(), sign, term))
      } else {
        terms.append(term)
      }
    }
    guard var sum = terms.first else { throw ScriptError.Problem.missing("a figure") }
    for (sign, term) in zip(signs, terms.dropFirst()) { sum = try Self.calculate(sum, sign, term) }
    return sum
  }

  private static func calculate(
    _ left: ScriptValue, _ sign: String, _ right: ScriptValue
  ) throws(ScriptError.Problem) -> ScriptValue {
    let text = "\(left) \(sign) \(right)"
    guard case .number(let left) = left, case .number(let right) = right else {
      throw .noResult(text)
    }
    let (result, overflow) =
      switch sign {
      case "+": left.addingReportingOverflow(right)
      case "-": left.subtractingReportingOverflow(right)
      case "*": left.multipliedReportingOverflow(by: right)
      default: left.dividedReportingOverflow(by: right)
      }
    guard !overflow else { throw .noResult(text) }
    return .number(result)
  }
}
