// SPDX-License-Identifier: MIT

// A script says what is done with a machine, a statement a line:
//
//     machine i386 ram 64MiB            # what it is built of: first, or not at all
//     alloc buffers 3 GFP_KERNEL count 10
//     free buffers every 2
//     expect blocks Normal 3 >= 5
//     repeat 4
//       tick
//     end
//
// Words are separated by spaces; `#` begins a comment. The first word is the verb. Verbs and figures are in
// Documentation/physical-memory/scripts.md, in the order of the files of this folder.
//
// Parsing finds the statements and their nesting; words are checked when they run, as names and figures
// depend on what was done before.

public import PhysicalMemory

/// A script, read and not yet run.
public struct MachineScript: Sendable {
  /// A statement, and where it stands.
  struct Statement: Sendable {
    var line: Int
    var words: [String]
    /// What `repeat` repeats.
    var body: [Statement] = []

    var text: String { words.joined(separator: " ") }
  }

  /// What the first statement says of the machine.
  public let setup: MachineSetup
  /// The statement that said it.
  private let setupStatement: Statement?
  let statements: [Statement]

  /// The most repeats in each other.
  static let deepest = 8
  /// The most statements that a run may have.
  static let mostSteps = 10_000_000

  /// A script without a statement.
  public init() {
    setup = MachineSetup()
    setupStatement = nil
    statements = []
  }

  /// Reads a script.
  ///
  /// - Throws: ``ScriptError`` with the first malformed line.
  public init(_ text: String) throws(ScriptError) {
    var open: [(head: Statement, body: [Statement])] = []
    var body: [Statement] = []
    var setup = MachineSetup()
    var setupStatement: Statement?
    var isFirst = true
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let code = line.prefix { $0 != "#" }
      let words = code.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let verb = words.first else { continue }
      let statement = Statement(line: number, words: words)
      switch verb {
      case "machine":
        guard isFirst else { throw Self.error(.machineNotFirst, statement) }
        do throws(ScriptError.Problem) {
          var cursor = ScriptWords(words)
          setup = try MachineSetup(&cursor)
          setupStatement = statement
        } catch {
          throw Self.error(error, statement)
        }
      case "repeat":
        guard open.count < Self.deepest else { throw Self.error(.tooDeep, statement) }
        open.append((statement, body))
        body = []
      case "end":
        guard var (head, outer) = open.popLast() else {
          throw Self.error(.unmatched(verb), statement)
        }
        guard words.count == 1 else { throw Self.error(.unexpected(words[1]), statement) }
        head.body = body
        outer.append(head)
        body = outer
      default: body.append(statement)
      }
      isFirst = false
    }
    if let (head, _) = open.last { throw Self.error(.unmatched("repeat"), head) }
    self.setup = setup
    self.setupStatement = setupStatement
    statements = body
  }

  /// Builds the machine that the script describes.
  ///
  /// - Parameter options: settings that override the script's.
  /// - Throws: ``ScriptError`` if the machine is invalid: with the line of `machine` if that alone is to
  ///   blame, with line 0 if the options contribute.
  public func machine(_ options: MachineSetup = MachineSetup()) throws(ScriptError) -> Machine {
    do throws(MachineError) {
      return try Machine(options.over(setup).layout())
    } catch {
      guard let setupStatement, options == MachineSetup() else {
        throw ScriptError(problem: .impossible(error), line: 0, statement: "")
      }
      throw Self.error(.impossible(error), setupStatement)
    }
  }

  private static func error(
    _ problem: ScriptError.Problem, _ statement: Statement
  ) -> ScriptError {
    ScriptError(problem: problem, line: statement.line, statement: statement.text)
  }
}
