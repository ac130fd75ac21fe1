// SPDX-License-Identifier: MIT

// Running a script: statement by statement, each on the machine that the last one left.
//
// After each statement, and in the middle of one that does much, an observer sees the machine: the report
// draws from what it saw. What is shown goes to a sink.
//
// A statement that the machine refuses ends the run, unless it stands behind `fails`. Nothing that a
// script says can trap: numbers are checked where they are read, and the machine throws.

internal import Pages
public import PhysicalMemory

/// Receives what a script shows.
public typealias ScriptSink = (String) throws -> Void

/// A script's run.
public struct ScriptRun: ~Copyable {
  /// The machine as it is now.
  public internal(set) var machine: Machine
  /// What was expected so far, and held.
  public private(set) var expectations = 0
  /// Statements that were run.
  public private(set) var steps = 0
  /// The statement that runs now, and its line.
  public private(set) var line = 0
  /// The statement that runs now; empty before the first.
  public private(set) var statement = ""

  /// The most statements that may be run.
  var stepLimit = MachineScript.mostSteps
  var holdings = ScriptHoldings()
  let arrivals = ScriptArrivals()
  /// How each frame that the script was given came to be its, by the block's first.
  var origins: [PageFrameNumber: ScriptOrigin] = [:]
  let sink: ScriptSink
  private let observer: (borrowing ScriptRun) -> Void

  /// - Parameters:
  ///   - machine: where the script runs.
  ///   - sink: gets what the script shows.
  ///   - observer: sees the run after each step.
  public init(
    on machine: consuming Machine, sink: @escaping ScriptSink = { _ in },
    observer: @escaping (borrowing ScriptRun) -> Void = { _ in }
  ) {
    self.machine = machine
    self.sink = sink
    self.observer = observer
  }

  /// Runs a script to its end.
  ///
  /// - Throws: ``ScriptError`` for the first statement that fails; what the sink throws.
  public mutating func run(_ script: MachineScript) throws {
    observer(self)
    try run(script.statements)
  }

  private mutating func run(_ statements: [MachineScript.Statement]) throws {
    for statement in statements {
      line = statement.line
      self.statement = statement.text
      do {
        if statement.words[0] == "repeat" {
          try repeatBody(statement)
        } else {
          try step(statement)
        }
      } catch {
        throw Self.located(error, statement)
      }
    }
  }

  private static func located(
    _ error: any Error, _ statement: MachineScript.Statement
  ) -> any Error {
    var problem = error as? ScriptError.Problem
    if let refusal = error as? MachineError { problem = .refused(refusal) }
    guard let problem else { return error }
    return ScriptError(problem: problem, line: statement.line, statement: statement.text)
  }

  private mutating func repeatBody(_ statement: MachineScript.Statement) throws {
    var words = ScriptWords(statement.words)
    let count = try words.number("how often")
    try words.finish()
    for _ in 0..<count {
      steps += 1
      guard steps <= stepLimit else { throw ScriptError.Problem.tooManyStatements(stepLimit) }
      try run(statement.body)
    }
  }

  private mutating func step(_ statement: MachineScript.Statement) throws {
    steps += 1
    guard steps <= stepLimit else { throw ScriptError.Problem.tooManyStatements(stepLimit) }
    var words = ScriptWords(statement.words)
    if statement.words[0] == "fails" {
      try fails(statement, &words)
    } else {
      try perform(statement.words[0], &words)
      try words.finish()
    }
    observer(self)
  }

  private mutating func fails(
    _ statement: MachineScript.Statement, _ words: inout ScriptWords
  ) throws {
    let verb = try words.next("the statement that fails")
    guard verb != "fails", verb != "repeat", verb != "end" else {
      throw ScriptError.Problem.unexpected(verb)
    }
    var inner = ScriptWords(Array(statement.words.dropFirst()))
    do {
      try perform(verb, &inner)
      try inner.finish()
    } catch {
      if error is MachineError { return }
      throw error
    }
    throw ScriptError.Problem.didNotFail
  }

  /// Lets the observer look, in the middle of a statement that does much: about 16 times.
  mutating func pulse(_ done: Int, of count: Int, always: Bool = false) {
    if always || count >= 32 && done > 0 && done % (count / 16) == 0 { observer(self) }
  }

  private mutating func perform(_ verb: String, _ words: inout ScriptWords) throws {
    switch verb {
    case "alloc": try allocate(&words)
    case "free": try free(&words)
    case "map": try map(&words)
    case "unmap": try unmap(&words)
    case "write": try write(&words)
    case "cpu": try machine.run(on: ProcessorNumber(try words.number("a processor")))
    case "context": try setContext(&words)
    case "tick": machine.tick(min(try count(&words), 1_000_000))
    case "drain": machine.drainPerCPUPages()
    case "min-free":
      let size = try words.size("how much to keep free")
      try machine.setMinFree(kibibytes: size.rawValue >> 10)
    case "watermarks": machine.setWatermarkPolicy(try words.watermarkPolicy())
    case "file", "load", "dirty", "sync", "delete": try changeFile(verb, &words)
    case "slab": try slab(&words)
    case "kmalloc", "vmalloc": try allocateBytes(verb, &words)
    case "pool": try pool(&words)
    case "spawn", "fork", "exit", "tamalloc", "touch", "overcommit", "adjust":
      try changeProcess(verb, &words)
    case "stack": try stack(&words)
    case "let": try define(&words)
    case "expect": try expect(&words)
    case "show": try show(&words)
    case "say": try sink(words.rest().joined(separator: " ") + "\n")
    case "check":
      let broken = machine.checkInvariants()
      if !broken.isEmpty { throw ScriptError.Problem.broken(broken) }
    default: throw ScriptError.Problem.unknownVerb(verb)
    }
  }

  private func count(_ words: inout ScriptWords) throws -> Int {
    words.peek == nil ? 1 : try words.number("how many")
  }

  private mutating func setContext(_ words: inout ScriptWords) throws {
    let word = try words.next("normal, atomic, memalloc or victim")
    var context = TaskContext()
    switch word {
    case "normal": break
    case "atomic": context.isAtomic = true
    case "memalloc": context.freesMemory = true
    case "victim": context.isOutOfMemoryVictim = true
    default:
      throw ScriptError.Problem.invalid(word, expected: "normal, atomic, memalloc or victim")
    }
    machine.context = context
  }

  private mutating func expect(_ words: inout ScriptWords) throws {
    let all = words.rest()
    guard let place = all.firstIndex(where: { ScriptComparison(rawValue: $0) != nil }),
      let comparison = ScriptComparison(rawValue: all[place])
    else { throw ScriptError.Problem.missing("a comparison (=, !=, <, <=, >, >=)") }
    let left = try value(of: all[..<place])
    let right = try value(of: all[(place + 1)...])
    guard try comparison.holds(left, right) else {
      throw ScriptError.Problem.unexpectedFigure(
        left: "\(left)", comparison: comparison.rawValue, right: "\(right)")
    }
    expectations += 1
  }

  private mutating func define(_ words: inout ScriptWords) throws {
    let name = try words.name("a name")
    try holdings.check(name, free: .number, isNew: false)
    guard words.take("=") else { throw ScriptError.Problem.missing("=") }
    holdings.numbers[name] = try value(of: words.rest()[...])
    holdings.kinds[name] = .number
  }
}
