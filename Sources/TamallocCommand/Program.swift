// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import ExportArguments

/// Where the process begins and ends: one place maps every outcome to an exit status.
@main
enum Program {
  static func main() {
    do {
      var command = try RootCommand.parseAsRoot(ProgramArguments.all)
      try command.run()
    } catch {
      OwnProgram.exit(ending(with: error).rawValue)
    }
  }

  /// Prints an error, or the help that was asked for, and returns the status to exit with.
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
