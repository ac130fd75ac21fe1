// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import ExportArguments
internal import Glibc

/// Where the process begins and ends: one place maps every outcome to an exit status.
@main
enum Program {
  static func main() {
    do {
      var command = try RootCommand.parseAsRoot(ProgramArguments.all)
      try command.run()
    } catch {
      exit(ending(with: error).rawValue)
    }
  }

  /// Says what is to be said about an error, and returns the status to exit with.
  private static func ending(with error: any Error) -> ExitStatus {
    if let failure = error as? Failure {
      Terminal.complain("tamalloc: \(failure.message)")
      return failure.status
    }
    let code = RootCommand.exitCode(for: error)
    let message = RootCommand.fullMessage(for: error)
    if code.isSuccess {
      // Help and version were asked for.
      do throws(Failure) {
        try StandardOutput.write(message + "\n")
        return .success
      } catch {
        Terminal.complain("tamalloc: \(error.message)")
        return error.status
      }
    }
    if !message.isEmpty { Terminal.complain(message) }
    return code == .validationFailure ? .usage : .failure
  }
}

/// What the process tells whoever started it.
enum ExitStatus: Int32 {
  case success = 0
  /// A check failed, or a process that was to measure.
  case failure = 1
  /// The arguments make no sense.
  case usage = 2
  /// The results could not be written where they were to go.
  case output = 3
}

/// An error for a person to read.
struct Failure: Error, Equatable {
  var status: ExitStatus
  var message: String

  init(_ message: String, status: ExitStatus = .failure) {
    self.message = message
    self.status = status
  }
}
