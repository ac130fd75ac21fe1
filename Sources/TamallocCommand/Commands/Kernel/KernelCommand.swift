// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// Linux with Tamalloc's system calls in a virtual machine.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Boot Linux with Tamalloc's system calls in a virtual machine.",
    discussion: """
      The kernel is built first where it is not there yet, in a cache outside the checkout; that \
      takes a few minutes. Run this inside a checkout of Tamalloc.
      """,
    subcommands: [KernelBoot.self, KernelDemo.self, KernelTest.self])
}

/// What the subcommands have in common.
struct KernelOptions: ParsableArguments {
  @Flag(help: "Use the host's virtualisation instead of emulation, where it works.")
  var kvm = false

  @Flag(help: "Take the debug flavour: KASAN, lockdep and other checks.")
  var debug = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("End the machine after this time.", valueName: "seconds"))
  var timeout: Int?

  func validate() throws {
    if let timeout, timeout < 1 {
      throw ValidationError("--timeout \(timeout): at least 1 second is needed")
    }
  }

  /// Hands the process over to a script of the Kernel folder.
  func run(_ script: String, _ arguments: [String] = []) throws {
    var words = arguments
    if kvm { words.append("--kvm") }
    if let timeout { words += ["--timeout", String(timeout)] }
    throw try KernelScripts.find().replaceProcess(with: script, words, isDebugFlavour: debug)
  }
}

struct KernelBoot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boot", abstract: "An interactive shell in the machine, with tamalloc in it.",
    discussion: "Ctrl-D powers the machine off; Ctrl-A X ends it at once.")

  @OptionGroup var options: KernelOptions

  func run() throws { try options.run("shell") }
}

struct KernelDemo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the demonstration by system calls inside the machine, and power off.")

  @OptionGroup var options: KernelOptions

  func run() throws { try options.run("demo") }
}

struct KernelTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the kernel's own tests inside the machine, as KTAP.")

  @OptionGroup var options: KernelOptions

  @Argument(help: "Only these programs of the tests, or tests of one: program:test,test")
  var programs: [String] = []

  func run() throws { try options.run("test", programs) }
}
