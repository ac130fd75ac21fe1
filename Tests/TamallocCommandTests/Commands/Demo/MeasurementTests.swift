// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import TamallocCommand

@Suite struct MeasurementTests {
  @Test(
    arguments: Contender.allCases
  )
  func `reports what /proc shows of it from outside`(contender: Contender) throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: BuiltCommand.path)
    process.arguments = [
      "demo-measure", "--contender", contender.rawValue, "--size", "64MiB", "--fill", "0",
      "--touch", "25%", "--pause", "1",
    ]
    process.standardOutput = pipe
    try process.run()
    defer { process.terminate() }
    var seen: [(name: String, resident: Int)] = []
    var reported: [String: Int] = [:]
    var pending = Data()
    while process.isRunning || !pending.isEmpty {
      let chunk = pipe.fileHandleForReading.availableData
      if chunk.isEmpty { break }
      pending += chunk
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = try JSONDecoder().decode(MeasureLine.self, from: Data(pending[..<end]))
        pending = Data(pending[pending.index(after: end)...])
        // The process waits for a second now.
        let rollup =
          (try? String(
            contentsOfFile: "/proc/\(process.processIdentifier)/smaps_rollup", encoding: .utf8))
          ?? ""
        let words = rollup.split(separator: "\n").first { $0.hasPrefix("Rss:") }?.split(
          separator: " ")
        let resident = (words.flatMap { Int($0[1]) } ?? 0) * 1024
        if line.rehearsed == true { seen.append(("before", resident)) }
        if let step = line.step {
          seen.append((step.name, resident))
          reported[step.name] = step.residentBytes
        }
      }
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    try #require(seen.map(\.name) == ["before", "allocate", "touch 25%"])
    for (name, resident) in seen.dropFirst() {
      let outside = resident - seen[0].resident
      let difference = (outside - (reported[name] ?? 0)).magnitude
      #expect(
        difference <= 64 << 10, "\(name): \(outside) outside, \(reported[name] ?? 0) reported")
    }
  }
}
