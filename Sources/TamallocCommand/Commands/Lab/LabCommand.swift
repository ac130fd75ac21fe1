// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// The laboratory of kernel memory allocators.
struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "Race the classic kernel memory allocators, and ours, on traces of requests.",
    discussion: """
      A trace is a text: the number of events, then lines of REQUEST id size and FREE id. The \
      allocators carve the blocks from pages of a pool; what they need themselves they take from it.
      """,
    subcommands: [
      ReplayCommand.self, CompareCommand.self, GenerateCommand.self, MachineCommand.self,
      ExplainCommand.self, KernelPagesCommand.self,
    ])
}
