// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// The command itself: help, version, and the subcommands.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tamalloc",
    abstract: "Memory that is zero, or any byte, and costs nothing until it is touched.",
    discussion: """
      Exit status: 0 all is well, 1 a check or a measurement failed, 2 bad arguments, 3 the output \
      could not be written.
      """,
    version: "0.1.0-dev",
    subcommands: [
      DemoCommand.self, StatCommand.self, TopCommand.self, WatchCommand.self, ExportCommand.self,
      LabCommand.self, KernelCommand.self, MeasureCommand.self,
    ])
}
