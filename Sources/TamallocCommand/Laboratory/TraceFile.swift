// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc
internal import Laboratory

/// A trace that a person named: a file, a pipe, or `-` for standard input.
struct TraceFile: ~Copyable {
  let name: String
  private let descriptor: Int32

  init(path: String) throws(Failure) {
    guard path != "-" else {
      name = "standard input"
      descriptor = STDIN_FILENO
      return
    }
    name = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure("\(path) can't be read: \(errorText(ctamalloc_errno()))", status: .usage)
    }
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
  }

  var input: FileInput { FileInput(descriptor: descriptor) }

  var format: TraceFormat { name.hasSuffix(".rep") ? .rep : .course }

  /// Replays the trace, with what is wrong put in words.
  func replay(
    _ plan: ReplayPlan, data: ((AllocatorName, [UInt8]) throws -> Void)? = nil
  ) throws -> Replay {
    let progress = ReplayProgress(trace: name)
    do {
      return try Replay(
        reading: input, format: format, plan: plan, progress: { progress.show($0) }, data: data)
    } catch let error as TraceError {
      if case .unreadable(let number) = error.problem {
        throw Failure("\(name) can't be read: \(errorText(number))", status: .usage)
      }
      throw Failure("\(name): \(error)", status: .usage)
    }
  }
}
