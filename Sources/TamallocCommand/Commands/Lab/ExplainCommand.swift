// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import MachineScript
internal import PhysicalMemory

/// Says all that is known of a frame of a machine.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say all that is known of a page frame, and why it is where it is.",
    discussion: """
      The frame is named by its number (4098), or by an address in hexadecimal: a physical one \
      (0x1002000), or one of the kernel's (0xffff888001002000).

      Exit status: as of lab machine.
      """)

  @Argument(help: ArgumentHelp("A frame's number, or an address.", valueName: "frame"))
  var frame: String

  @OptionGroup var machine: MachineOptions

  func run() throws {
    guard let wanted = Wanted(frame) else {
      throw Failure(
        "'\(frame)' is no frame: write its number (4098), or an address (0x1002000)",
        status: .usage)
    }
    var failure: Failure?
    let run = try machine.run(failure: &failure, sink: { _ in })
    if let failure { throw failure }
    let number: PageFrameNumber
    do throws(MachineError) {
      number = try wanted.frame(of: run.machine)
    } catch {
      throw Failure("\(error)", status: .usage)
    }
    try StandardOutput.write(lines: run.explain(number))
  }

  /// What was asked for.
  enum Wanted {
    case number(UInt64)
    case address(UInt64)

    init?(_ text: String) {
      if text.hasPrefix("0x") {
        guard let value = UInt64(text.dropFirst(2), radix: 16) else { return nil }
        self = .address(value)
      } else {
        guard let value = UInt64(text) else { return nil }
        self = .number(value)
      }
    }

    func frame(of machine: borrowing Machine) throws(MachineError) -> PageFrameNumber {
      switch self {
      case .number(let number):
        guard number < UInt64(machine.spannedFrames) else { throw .noSuchFrame(number) }
        return PageFrameNumber(rawValue: UInt32(number))
      case .address(let value):
        let address = KernelAddress(rawValue: value)
        if let frame = machine.frame(at: address) ?? machine.vmallocFrame(at: address) {
          return frame
        }
        let number = value >> 12
        guard number < UInt64(machine.spannedFrames) else { throw .noSuchAddress(address) }
        return PageFrameNumber(rawValue: UInt32(number))
      }
    }
  }
}
