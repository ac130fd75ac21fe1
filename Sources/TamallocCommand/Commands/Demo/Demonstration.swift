// SPDX-License-Identifier: MIT

internal import FoundationEssentials
internal import Pages
internal import Reservations
internal import Tamalloc

/// Runs a plan, one process after the other, and gathers what they report.
struct Demonstration {
  var size: ByteCount
  /// The fill of malloc+memset and tamalloc-fill; the others' is zero.
  var fill: UInt8
  /// The steps that were asked for; nil for the default ones that are quick.
  var shares: [Percentage]?
  /// Seconds between steps, for a person who watches.
  var pause: UInt32 = 0
  /// Whether progress is shown on the terminal.
  var showsProgress = false

  func run() throws -> DemoRecord {
    guard let available = AvailableMemory.now() else {
      throw Failure("/proc/meminfo can't be read: is /proc mounted?")
    }
    let plan = DemoPlan(
      size: size, pageSize: LazyMemory.pageSize, shares: shares, available: available)
    let progress = ProgressLine(isShown: showsProgress && pause == 0)
    return DemoRecord(
      size: size.rawValue, pageSize: LazyMemory.pageSize.bytes.rawValue,
      engine: LazyMemoryEngine.current.description,
      availableBytes: available.rawValue,
      allocators: try plan.parts.map { part in
        try run(part, isSparse: plan.isSparse, progress)
      })
  }

  private func run(
    _ part: DemoPlan.Part, isSparse: Bool, _ progress: borrowing ProgressLine
  ) throws -> ContenderRecord {
    var report = ContenderRecord(name: part.contender, fill: part.contender.isFilled ? fill : 0)
    report.leftOut = part.leftOut
    report.skipped = part.skipped?.description
    report.shortage = part.skipped
    if part.skipped != nil { return report }

    var child = try SpawnedProcess(
      readingOwnProgram: [
        "demo-measure", "--contender", part.contender.rawValue, "--size", "\(size.rawValue)",
        "--fill", "\(report.fill)", "--pause", "\(pause)", "--parent",
        "\(SpawnedProcess.ownNumber)",
        "--touch", part.shares.map(\.description).joined(separator: ","),
      ] + (isSparse ? ["--sparse"] : []))
    let names =
      ["prepare", "allocate"] + part.shares.map(MeasuredStep.touching) + [
        "check every byte", "end",
      ]
    func announce(_ index: Int) {
      progress.show("\(part.contender.rawValue): \(names[min(index, names.count - 1)]) …")
    }
    announce(0)
    let decoder = JSONDecoder()
    while let bytes = try child.nextLine() {
      guard let line = try? decoder.decode(MeasureLine.self, from: Data(bytes)) else {
        report.failure = "wrote what is no result: \(String(decoding: bytes, as: UTF8.self))"
        break
      }
      if line.rehearsed == true {
        announce(1)
        watch { "\(part.contender.rawValue) is process \(child.pid)" }
      }
      if let step = line.step {
        report.steps.append(step)
        announce(1 + report.steps.count)
        watch { "  \(step.name): VmRSS gained \(ByteCount(step.residentBytes))" }
      }
      if let verification = line.verification {
        report.verification = verification
        report.correct = verification.isCorrect
        watch { "  check: \(verification.isCorrect ? "every byte is right" : "WRONG BYTES")" }
      }
      if let reason = line.refused {
        // Another library's refusal is a result; ours breaks a promise.
        report.isRefused = true
        if part.contender.isOurs { report.failure = reason } else { report.skipped = reason }
      }
    }
    if let ending = child.finish(), report.failure == nil {
      report.failure = "its process \(ending)"
    }
    if report.correct == nil, report.skipped == nil, report.failure == nil {
      report.failure = "its process ended too early"
    }
    if report.failure != nil { report.correct = false }
    return report
  }

  private func watch(_ line: () -> String) {
    if pause > 0 { Terminal.complain(line()) }
  }
}
