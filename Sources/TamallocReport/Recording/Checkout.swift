// SPDX-License-Identifier: MIT

internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// The checkout that is measured.
struct Checkout {
  /// The sources, as git names them: a recording counts only for those that it ran with.
  let commit: String

  /// Looks in the working folder and those above it, and works there from now on.
  static func enter() throws -> Checkout {
    var words = FileManager.default.currentDirectoryPath.split(separator: "/")
    while true {
      let folder = "/" + words.joined(separator: "/")
      if FileManager.default.fileExists(atPath: folder + "/Sources/TamallocReport") {
        _ = FileManager.default.changeCurrentDirectoryPath(folder)
        return Checkout(commit: described())
      }
      guard words.popLast() != nil else { break }
    }
    StandardError.complain("no checkout of Tamalloc here or above: run `make report` in one")
    throw ExitCode(2)
  }

  /// The last commit, and where files differ from it a sum over the differences.
  private static func described() -> String {
    guard let commit = output(of: ["git", "describe", "--always"]) else { return "unknown" }
    let name = String(commit.prefix { !$0.isNewline })
    guard let changes = output(of: ["git", "diff", "HEAD"]), !changes.isEmpty else { return name }
    // FNV-1a.
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in changes.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return name + "+" + String(sum, radix: 16)
  }

  private static func output(of words: [String]) -> String? {
    let path = FileManager.default.temporaryDirectory.path() + "/tamalloc-report-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let ending = ChildRunner.run(words, output: path, errors: "/dev/null", limit: 20) { _ in }
    guard ending == .exited(0) else { return nil }
    return try? String(contentsOfFile: path, encoding: .utf8)
  }
}
