// SPDX-License-Identifier: MIT

/// One command that a section needs, and how often it is run.
struct ReportStep: Sendable, Hashable {
  /// The name of its recordings.
  let name: String
  /// Words, as a shell would split them; programs and files are named from the checkout's folder.
  let command: [String]
  /// How often it is measured: noise is shown as it is.
  var samples = 1
  /// Seconds after which it is ended, and counts as failed.
  var limit = 600.0
  /// Files that it leaves beside its recordings.
  var files: [String] = []
  /// A step that must have succeeded before, such as a build.
  var needs: [String] = []
  /// What it takes about, in seconds, for the bar.
  var expected = 2.0

  /// The command as one would type it.
  var line: String { command.map(Self.quoted).joined(separator: " ") }

  /// A word with quotes where a shell needs them.
  static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,+%".contains($0))
    }
    if plain && !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}
