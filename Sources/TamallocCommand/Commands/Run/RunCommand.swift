// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// Runs a command with a library of this project in it.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command with tamalloc's heap, or record its allocations as a trace.",
    discussion: """
      The command's malloc is tamalloc's: every block is zero, and its pages are committed when they \
      are touched. --stats prints at the end of each process what was reserved and committed, and of \
      each size of blocks what was asked for, what was cleared and what was known to be zero. \
      --hardened finds double frees, foreign pointers, writes behind a block's end and after its end \
      of life, and ends the process with a message.

      --record alone leaves the command its own malloc. It writes every malloc, calloc, realloc and \
      free of the command, of all its threads in one order, as a trace that 'tamalloc lab replay' \
      takes: a line of REQUEST id size, RESIZE id size or FREE id each, the number of lines first. \
      Sizes above a page are marked LARGE. What is recorded is there whatever ends the command, even \
      a signal.

      A command that executes another program in its place begins the file anew. Processes that it \
      starts are not recorded; with --children each of them is, in a file of its own: FILE, a dot and \
      the process's number. One that was forked and executes nothing begins with requests of what it \
      inherited.

      Programs that are linked statically, or run with another user's rights, can't be recorded. The \
      exit status is the command's, 128 and the signal's number where a signal ended it.
      """)

  @Option(help: ArgumentHelp("Record the command's allocations.", valueName: "file"))
  var record: String?

  @Flag(help: "Print at the end what the heap reserved, committed, cleared, and need not clear.")
  var stats = false

  @Flag(help: "Find misuse of blocks, at a price.")
  var hardened = false

  @Flag(help: "Record the processes that the command starts as well.")
  var children = false

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The command to run.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty { throw ValidationError("a command is needed, behind --") }
    if children && record == nil { throw ValidationError("--children goes with --record") }
  }

  func run() throws {
    if let obstacle = PreloadObstacle(of: command[0]) {
      throw Failure(
        "\(command[0]) can't run with a library of tamalloc's: \(obstacle.reason)", status: .usage)
    }
    // In the order in which they see a call: the recorder passes it on to the allocator behind it.
    var preloads: [Preload] = []
    var recording: CommandRecording?
    if let record {
      let made = try CommandRecording(path: record, includesChildren: children)
      recording = made
      preloads.append(made.preload)
    }
    if stats || hardened || record == nil { preloads.append(try heap()) }
    try Preload.apply(preloads)
    let relay = SignalRelay()
    var process = try SpawnedProcess(command)
    var status = relay.wait(for: &process)
    if let recording { status = try report(recording, status) }
    OwnProgram.exit(status)
  }

  /// The heap as the command's malloc.
  private func heap() throws(Failure) -> Preload {
    var preload = try Preload(library: "libtamalloc.so", builtBy: "Malloc/build")
    if stats { preload.environment["TAMALLOC_STATS"] = "1" }
    if hardened { preload.environment["TAMALLOC_HARDENED"] = "1" }
    return preload
  }

  /// Says what was recorded; returns the status to exit with.
  private func report(_ recording: CommandRecording, _ status: Int32) throws -> Int32 {
    let events = try recording.finish()
    if events > 0 {
      if Terminal.isError { Terminal.complain("tamalloc: \(events) events in \(recording.path)") }
      return status
    }
    Terminal.complain(
      """
      tamalloc: nothing was recorded: \(command[0]) takes no memory from malloc, is linked \
      statically, or runs with another user's rights
      """)
    return status == 0 ? ExitStatus.failure.rawValue : status
  }
}
