// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import PageRecordings

/// Replays what a real kernel's page allocator did, and compares.
struct KernelPagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel-pages",
    abstract: "Replay what a real kernel's page allocator did through the model, and compare.",
    discussion: """
      Kernel/scripts/record-pages makes a recording: it boots a kernel, lets it work, and writes down \
      which frames were free at some moments and every event between them. The model replays it three \
      times, with ever less prescribed: blocks (each at the kernel's place), lists (the model chooses \
      the place; blocks and per-CPU lists as the kernel had them), requests (the model does everything \
      itself). The table has free blocks by zone and order at each moment, the kernel's and the model's.

      Exit status: 0 compared, however far they agree; 1 the model's invariants do not hold, 2 bad \
      arguments or a malformed recording, 3 the output could not be written.
      """)

  @Argument(
    help: ArgumentHelp("A recording, - for standard input.", valueName: "recording"),
    completion: .file())
  var recording: String

  @Flag(help: "Print JSON: free blocks by order at each moment, and what the replays met.")
  var json = false

  func run() throws {
    let file = try InputFile(path: recording)
    let bytes = try file.bytes(atMost: 4096, kind: "recording")
    let comparison: KernelComparison
    do throws(PageRecordingError) {
      comparison = try KernelComparison(PageRecording(bytes))
    } catch {
      throw Failure("\(file.name): \(error)", status: .usage)
    }
    if json {
      try StandardOutput.write(record: comparison)
    } else {
      try StandardOutput.write(lines: KernelPagesTable(comparison).lines(width: Terminal.textWidth))
    }
    guard comparison.broken.isEmpty else {
      throw Failure(
        "the model's invariants do not hold: \(comparison.broken.prefix(10).joined(separator: "; "))"
      )
    }
  }
}
