// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import Pages
internal import MachineScript
internal import PhysicalMemory

/// Which machine, and what is done with it first; for every command on a machine.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How its processors address. (default: x86-64)", valueName: "i386|x86-64"),
    completion: .list(["i386", "x86-64"]), transform: Self.parseModel)
  var model: Architecture?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much RAM it has. (default: 4GiB)", valueName: "size"),
    transform: SizeArgument.parseOrZero)
  var ram: ByteCount?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "RAM from an address on, as 1GiB@4GiB, or 1GiB@4GiB:1 for node 1; each adds a stretch.",
      discussion: "What lies between stretches is a hole. In place of --ram.",
      valueName: "size@start[:node]"), transform: Self.parseRange)
  var range: [MachineLayout.Range] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many nodes it has. (default: 1, or those that --range names)", valueName: "count"))
  var nodes: Int?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "How far two nodes are from each other, as 0:1:40; a node is 10 from itself. (default: 20)",
      discussion: "The other direction is as far, where it has no distance of its own.",
      valueName: "node:node:distance"), transform: Self.parseDistance)
  var distance: [NodeDistance] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many processors it has. (default: 1)", valueName: "count"))
  var cpus: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How large its swap area is. (default: none)", valueName: "size"),
    transform: SizeArgument.parseOrZero)
  var swap: ByteCount?

  @Option(
    help: ArgumentHelp("What is done with it, - for standard input.", valueName: "file"),
    completion: .file(extensions: ["machine"]))
  var script: String?

  static func parseModel(_ text: String) throws -> Architecture {
    guard let model = Architecture(rawValue: text) else {
      throw ValidationError("there is no model '\(text)': there are i386 and x86-64")
    }
    return model
  }

  static func parseRange(_ text: String) throws -> MachineLayout.Range {
    guard let range = MachineLayout.Range(text) else {
      throw ValidationError("'\(text)' is no range: write it like 1GiB@4GiB, or 1GiB@4GiB:1")
    }
    return range
  }

  static func parseDistance(_ text: String) throws -> NodeDistance {
    guard let distance = NodeDistance(text) else {
      throw ValidationError("'\(text)' is no distance: write it like 0:1:40")
    }
    return distance
  }

  func validate() throws {
    guard ram == nil || range.isEmpty else {
      throw ValidationError("--ram and --range exclude each other")
    }
  }

  /// Runs the script, if there is one, on the machine that it and the options describe; the options win.
  ///
  /// - Parameter failure: is set to why the script ended before its end.
  /// - Returns: the run as it stands then.
  func run(
    failure: inout Failure?, sink: @escaping ScriptSink,
    observer: @escaping (borrowing ScriptRun) -> Void = { _ in }
  ) throws -> ScriptRun {
    var program = MachineScript()
    var name = ""
    if let script {
      let file = try InputFile(path: script)
      name = file.name
      // No person writes more than 64 MiB.
      let text = String(decoding: try file.bytes(atMost: 64, kind: "script"), as: UTF8.self)
      do throws(ScriptError) {
        program = try MachineScript(text)
      } catch {
        throw Failure("\(name): \(error)", status: .usage)
      }
    }
    var setup = MachineSetup()
    setup.architecture = model
    setup.ram = ram
    setup.ranges = range
    setup.nodes = nodes
    setup.distances = distance
    setup.cpus = cpus
    setup.swap = swap
    let machine: Machine
    do throws(ScriptError) {
      machine = try program.machine(setup)
    } catch {
      throw Failure(error.line == 0 ? "\(error)" : "\(name): \(error)", status: .usage)
    }
    var run = ScriptRun(on: machine, sink: sink, observer: observer)
    do {
      try run.run(program)
    } catch {
      guard let error = error as? ScriptError else { throw error }
      failure = Failure("\(name): \(error)", status: error.isOutcome ? .failure : .usage)
    }
    return run
  }
}
