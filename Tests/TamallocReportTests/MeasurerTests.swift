// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocReport

/// Measuring, with commands of the shell that leave a trace of each run.
@Suite struct MeasurerTests {
  private func step(_ name: String, _ report: RecordedReport, then command: String = "true")
    -> ReportStep
  {
    ReportStep(
      name: name, command: ["sh", "-c", "echo >>\(report.path)/\(name).runs; echo out; \(command)"])
  }

  private func runs(_ name: String, _ report: RecordedReport) -> Int {
    let text = try? String(contentsOfFile: "\(report.path)/\(name).runs", encoding: .utf8)
    return text?.filter(\.isNewline).count ?? 0
  }

  private func measurer(_ report: RecordedReport, commit: String = "abc1234") -> Measurer {
    Measurer(folder: report.folder, commit: commit, progress: MeasuringBar(isShown: false))
  }

  /// Runs something on a thread of its own, whose signals may be blocked.
  private func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
    nonisolated(unsafe) var result: Result?
    let done = DispatchSemaphore(value: 0)
    Thread {
      ChildRunner.blockSignals()
      result = body()
      done.signal()
    }.start()
    done.wait()
    return result!
  }

  @Test func `a result that is there is not measured again`() throws {
    let report = try RecordedReport()
    var steps = [step("one", report), step("two", report, then: "echo bad >&2; false")]
    steps[0].samples = 3
    var measurer = measurer(report)
    for _ in 1...2 { #expect(try measurer.run(steps) == nil) }
    #expect(runs("one", report) == 3)
    // What failed is tried again.
    #expect(runs("two", report) == 2)
    let recording = try #require(report.folder.load("two", 1))
    #expect(recording.status == 1)
    #expect(recording.output == "out\n")
    #expect(recording.failure(.english) == "exit status 1: bad")
  }

  @Test func `another command, or other sources, are measured again`() throws {
    let report = try RecordedReport()
    var measurer = measurer(report)
    _ = try measurer.run([step("one", report)])
    _ = try measurer.run([step("one", report, then: ":")])
    #expect(runs("one", report) == 2)
    var later = self.measurer(report, commit: "def5678")
    _ = try later.run([step("one", report, then: ":")])
    #expect(runs("one", report) == 3)
    try report.folder.forget([step("one", report)])
    _ = try later.run([step("one", report, then: ":")])
    #expect(runs("one", report) == 4)
  }

  @Test func `a step whose file is gone is measured again`() throws {
    let report = try RecordedReport()
    var made = step("one", report, then: "touch \(report.path)/made")
    made.files = ["made"]
    var measurer = measurer(report)
    for _ in 1...2 { _ = try measurer.run([made]) }
    #expect(runs("one", report) == 1)
    try FileManager.default.removeItem(atPath: "\(report.path)/made")
    _ = try measurer.run([made])
    #expect(runs("one", report) == 2)
  }

  @Test func `what needs a step that failed is not run`() throws {
    let report = try RecordedReport()
    var second = step("two", report)
    second.needs = ["one"]
    var measurer = measurer(report)
    _ = try measurer.run([step("one", report, then: "false"), second, step("three", report)])
    #expect(runs("two", report) == 0)
    #expect(runs("three", report) == 1)
  }

  @Test func `an interruption keeps what was measured, and a second run goes on`() throws {
    let report = try RecordedReport()
    let long = step("long", report, then: "test -e \(report.path)/quick || sleep 600")
    let steps = [step("one", report), long, step("three", report)]
    let path = report.path
    let started = Date.now
    let signal = onOwnThread { [folder = report.folder] in
      var measurer = Measurer(
        folder: folder, commit: "abc1234", progress: MeasuringBar(isShown: false))
      measurer.onTick = { _ in
        if FileManager.default.fileExists(atPath: "\(path)/long.runs") {
          pthread_kill(pthread_self(), SIGTERM)
        }
      }
      return try? measurer.run(steps)
    }
    #expect(signal == SIGTERM)
    #expect(Date.now.timeIntervalSince(started) < 300, "it waited for the command's end")
    #expect(report.folder.load("one", 1)?.succeeded == true)
    #expect(report.folder.load("long", 1) == nil)
    _ = FileManager.default.createFile(atPath: "\(path)/quick", contents: nil)
    var measurer = measurer(report)
    #expect(try measurer.run(steps) == nil)
    #expect(runs("one", report) == 1)
    #expect(runs("long", report) == 2)
    #expect(runs("three", report) == 1)
  }

  @Test func `a command that takes too long is ended, with what it has started`() throws {
    let report = try RecordedReport()
    var slow = step("slow", report, then: "sleep 601 & echo $! >\(report.path)/child; wait")
    slow.limit = 0.6
    var measurer = measurer(report)
    _ = try measurer.run([slow])
    #expect(report.folder.load("slow", 1)?.ending == .timeLimit(0))
    let child = try String(contentsOfFile: "\(report.path)/child", encoding: .utf8)
    let number = try #require(Int32(child.trimmingCharacters(in: .whitespacesAndNewlines)))
    // It may still be waiting for someone to take notice of its end.
    let status = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
    #expect(status == nil || status?.contains(") Z ") == true)
  }

  @Test func `a program that is not there is said to be missing`() throws {
    let report = try RecordedReport()
    var measurer = measurer(report)
    _ = try measurer.run([ReportStep(name: "none", command: ["/nowhere/at-all"])])
    let failure = try #require(report.folder.load("none", 1)?.failure(.english))
    #expect(failure == "could not be run: No such file or directory")
  }

  @Test(arguments: [
    ("plain", "plain"), ("two words", "'two words'"), ("it's", #"'it'\''s'"#), ("", "''"),
  ])
  func `words are quoted as a shell reads them`(word: String, quoted: String) throws {
    #expect(ReportStep.quoted(word) == quoted)
    let report = try RecordedReport()
    var measurer = measurer(report)
    _ = try measurer.run([ReportStep(name: "echo", command: ["sh", "-c", "printf %s \(quoted)"])])
    #expect(report.folder.load("echo", 1)?.output == word)
  }
}
