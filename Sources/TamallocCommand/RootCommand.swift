// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import CTamalloc.Library

/// The command itself: help, version, and the subcommands.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tamalloc",
    abstract: "Memory that is zero, or any byte, and costs nothing until it is touched.",
    discussion: """
      Exit status: 0 all is well, 1 a check or a measurement failed, 2 bad arguments, 3 the output \
      could not be written.
      """,
    version: TAMALLOC_VERSION,
    subcommands: [
      DemoCommand.self, StatCommand.self, TopCommand.self, WatchCommand.self, ExportCommand.self,
      RunCommand.self, LabCommand.self, KernelCommand.self, MeasureCommand.self,
    ])
}
