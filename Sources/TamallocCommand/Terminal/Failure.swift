// SPDX-License-Identifier: MIT

/// The status that the process exits with.
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
