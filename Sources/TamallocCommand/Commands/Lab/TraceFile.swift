// SPDX-License-Identifier: MIT

internal import Laboratory

extension InputFile {
  /// Replays the trace in the file, and explains what is wrong with it.
  func replay(
    _ plan: ReplayPlan, data: ((AllocatorName, [UInt8]) throws -> Void)? = nil
  ) throws -> Replay {
    let progress = ReplayProgress(trace: name)
    do {
      return try Replay(
        reading: FileInput(descriptor: descriptor), plan: plan, progress: { progress.show($0) },
        data: data)
    } catch let error as TraceError {
      if case .unreadable(let number) = error.problem { throw Self.failure(name, number) }
      throw Failure("\(name): \(error)", status: .usage)
    }
  }
}
